"""The tests. They may import anything of ours; nothing imports them."""
