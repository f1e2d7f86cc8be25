"""What many traces say together: sets, common causes, FoodChain-Lab's scores."""
