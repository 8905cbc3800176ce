package io.talchum.adapter.peft;

/** A module's path, ended by NUL, whose every reading costs some of a budget. */
record ReadPath(String path, int cost, WorkBudget budget) implements CharSequence {
  @Override
  public char charAt(int index) {
    budget.spend(cost);
    return index == path.length() ? '\0' : path.charAt(index);
  }

  @Override
  public int length() {
    return path.length() + 1;
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return toString().subSequence(start, end);
  }

  @Override
  public String toString() {
    return path + '\0';
  }
}
