"""Where bars come from: files of any layout, brought to canonical bars."""
