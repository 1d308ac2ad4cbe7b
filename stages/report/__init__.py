"""Parts of the HTML report: its pages, their pictures, and what they say of each cell."""
