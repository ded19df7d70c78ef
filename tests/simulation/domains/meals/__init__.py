"""Meals: kitchens, orders, standing orders, deliveries."""
