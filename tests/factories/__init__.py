"""The one made-up world that the tests share: a context, a cells table, a tile store, a work folder."""
