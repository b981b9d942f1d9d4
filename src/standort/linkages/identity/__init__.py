"""Who is one firm: placeholders, other names, plants of one owner, joint ventures."""
