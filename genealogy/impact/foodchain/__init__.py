"""FoodChain-Lab's scores, as its two tools compute them and in a form that is safe with loops."""
