"""Programs that copy: soups of self-modifying code, and what can be measured in them."""
