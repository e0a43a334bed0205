"""How sure an estimate is. One file a method; each says what it promises, and its coverage is measured."""
