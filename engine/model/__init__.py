"""Networks that answer examples of every task of a pool, one prefix vector per task."""
