"""Files for the data lead: what came in, what is wrong, who corrects it. Nothing published rests on them."""
