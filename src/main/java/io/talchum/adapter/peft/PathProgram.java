package io.talchum.adapter.peft;

import io.talchum.adapter.peft.PathRegex.Ahead;
import io.talchum.adapter.peft.PathRegex.At;
import io.talchum.adapter.peft.PathRegex.Choice;
import io.talchum.adapter.peft.PathRegex.One;
import io.talchum.adapter.peft.PathRegex.Place;
import io.talchum.adapter.peft.PathRegex.Repeat;
import io.talchum.adapter.peft.PathRegex.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A regular expression compiled for matching in time proportional to its size times the text: every
 * pair of instruction and position is visited once, so nothing can blow up (the bit-state matcher
 * of Russ Cox, "Regular Expression Matching: the Virtual Machine Approach").
 */
final class PathProgram {
  private static final int MAX_INSTRUCTIONS = 4000;

  private sealed interface Step {}

  private record Take(IntPredicate set) implements Step {}

  private record Fork(int first, int second) implements Step {}

  private record Jump(int target) implements Step {}

  private record Check(Place place) implements Step {}

  /** The sub-program starts at the next instruction and ends before {@code after}. */
  private record Look(boolean negative, int after) implements Step {}

  private record Accept() implements Step {}

  private final List<Step> steps = new ArrayList<>();

  /**
   * @throws IllegalArgumentException if the counted repetitions make it too large
   */
  PathProgram(PathRegex regex) {
    emit(regex);
    add(new Accept());
  }

  /** Whether the whole text matches. */
  boolean matches(String text, WorkBudget budget) {
    return run(0, text, 0, true, budget);
  }

  private int add(Step step) {
    if (steps.size() >= MAX_INSTRUCTIONS) {
      throw new IllegalArgumentException("its repetitions make it too large");
    }
    steps.add(step);
    return steps.size() - 1;
  }

  private void emit(PathRegex regex) {
    switch (regex) {
      case One one -> add(new Take(one.set()));
      case At at -> add(new Check(at.place()));
      case Sequence sequence -> sequence.parts().forEach(this::emit);
      case Choice choice -> emitChoice(choice.branches());
      case Repeat repeat -> emitRepeat(repeat);
      case Ahead ahead -> {
        int look = add(new Accept());
        emit(ahead.part());
        add(new Accept());
        steps.set(look, new Look(ahead.negative(), steps.size()));
      }
    }
  }

  private void emitChoice(List<PathRegex> branches) {
    List<Integer> ends = new ArrayList<>();
    for (PathRegex branch : branches.subList(0, branches.size() - 1)) {
      int fork = add(new Accept());
      emit(branch);
      ends.add(add(new Accept()));
      steps.set(fork, new Fork(fork + 1, steps.size()));
    }
    emit(branches.getLast());
    for (int end : ends) {
      steps.set(end, new Jump(steps.size()));
    }
  }

  private void emitRepeat(Repeat repeat) {
    for (int i = 0; i < repeat.min(); i++) {
      emitCopy(repeat.part());
    }
    if (repeat.max() < 0) {
      int fork = add(new Accept());
      emit(repeat.part());
      add(new Jump(fork));
      steps.set(fork, new Fork(fork + 1, steps.size()));
      return;
    }
    for (int i = repeat.min(); i < repeat.max(); i++) {
      int fork = add(new Accept());
      emit(repeat.part());
      steps.set(fork, new Fork(fork + 1, steps.size()));
    }
  }

  /** Emits at least one instruction, so that repeating nothing also runs into the limit. */
  private void emitCopy(PathRegex part) {
    int before = steps.size();
    emit(part);
    if (steps.size() == before) {
      add(new Jump(before + 1));
    }
  }

  /** Depth first over pairs (instruction, position), each pushed once. */
  private boolean run(int start, String text, int from, boolean toTheEnd, WorkBudget budget) {
    int columns = text.length() + 1;
    budget.spend(1 + (long) steps.size() * columns / 64);
    Frontier frontier = new Frontier(new BitSet(steps.size() * columns));
    frontier.push(start * columns + from);
    while (frontier.size > 0) {
      budget.spend(1);
      int pair = frontier.pop();
      int position = pair % columns;
      Next next = follow(pair / columns, text, position, budget);
      if (next.accepted && (!toTheEnd || position == text.length())) {
        return true;
      }
      if (next.second >= 0) {
        frontier.push(next.second * columns + position);
      }
      if (next.first >= 0) {
        frontier.push(next.first * columns + position + next.moved);
      }
    }
    return false;
  }

  /** A stack that takes each pair once. */
  private static final class Frontier {
    private final BitSet seen;
    private int[] stack = new int[64];
    private int size;

    Frontier(BitSet seen) {
      this.seen = seen;
    }

    void push(int pair) {
      if (seen.get(pair)) {
        return;
      }
      seen.set(pair);
      if (size == stack.length) {
        stack = Arrays.copyOf(stack, size * 2);
      }
      stack[size++] = pair;
    }

    int pop() {
      return stack[--size];
    }
  }

  /** Where one instruction leads: up to two instructions (-1 is none), and how far it moved. */
  private record Next(int first, int second, int moved, boolean accepted) {
    static final Next DEAD = new Next(-1, -1, 0, false);

    static Next to(int instruction) {
      return new Next(instruction, -1, 0, false);
    }
  }

  private Next follow(int at, String text, int position, WorkBudget budget) {
    return switch (steps.get(at)) {
      case Accept accept -> new Next(-1, -1, 0, true);
      case Jump jump -> Next.to(jump.target());
      case Fork fork -> new Next(fork.first(), fork.second(), 0, false);
      case Take take ->
          position < text.length() && take.set().test(text.charAt(position))
              ? new Next(at + 1, -1, 1, false)
              : Next.DEAD;
      case Check check -> holds(check.place(), text, position) ? Next.to(at + 1) : Next.DEAD;
      case Look look ->
          run(at + 1, text, position, false, budget) != look.negative()
              ? Next.to(look.after())
              : Next.DEAD;
    };
  }

  private static boolean holds(Place place, String text, int position) {
    return switch (place) {
      case BEGIN -> position == 0;
      case END -> position == text.length();
      case WORD_EDGE -> wordEdge(text, position);
      case NO_WORD_EDGE -> !wordEdge(text, position);
    };
  }

  private static boolean wordEdge(String text, int position) {
    boolean before = position > 0 && PathRegex.isWord(text.charAt(position - 1));
    boolean after = position < text.length() && PathRegex.isWord(text.charAt(position));
    return before != after;
  }
}
