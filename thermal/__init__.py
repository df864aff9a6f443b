"""What moves heat: air, liquid, plant and the equipment between them."""
