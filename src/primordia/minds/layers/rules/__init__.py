"""Update rules: what a head does with queries, keys, values and gates."""
