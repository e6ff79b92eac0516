"""From folders to rows: roots, the walk, reading tags in processes of their own."""
