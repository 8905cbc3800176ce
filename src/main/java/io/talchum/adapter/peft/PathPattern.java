package io.talchum.adapter.peft;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.function.Predicate;

/**
 * A regular expression of an adapter's configuration, matched against module paths such as {@code
 * model.layers.0.self_attn.q_proj} by {@code java.util.regex} under a budget of steps.
 */
final class PathPattern {
  private static final int SIZE_PER_STEP = 8;
  private static final String TOO_DEEP = "it nests too deeply to match; list the module names";

  private final String option;
  private final String regex;
  private final Predicate<String> matcher;

  private PathPattern(String option, String regex, Predicate<String> matcher) {
    this.option = option;
    this.regex = regex;
    this.matcher = matcher;
  }

  /** The whole path has to match, Python's {@code re.fullmatch}. */
  static PathPattern whole(String option, String regex, WorkBudget budget) {
    return compile(option, regex, regex, budget);
  }

  /** The path, or what follows one of its dots, has to match, as in {@code rank_pattern}. */
  static PathPattern ending(String option, String regex, WorkBudget budget) {
    if (regex.matches("\\w[\\w.]*")) {
      return new PathPattern(option, regex, path -> endsWith(path, regex, budget));
    }
    return compile(option, regex, "(?:.*\\.)?(?:" + regex + ")$", budget);
  }

  /** What stands between a dot and the layer's number, as in {@code layers_pattern}. */
  static PathPattern layers(String option, String regex, WorkBudget budget) {
    return compile(option, regex, ".*\\.(?:" + regex + ")\\.\\d+\\..*", budget);
  }

  /**
   * @throws ServeException INVALID_ADAPTER if it needs more work than it may
   */
  boolean matches(String path) {
    try {
      return matcher.test(path);
    } catch (WorkBudget.Exhausted e) {
      throw refusal(option, regex, "it takes too many steps to match; list the module names");
    } catch (StackOverflowError e) {
      throw refusal(option, regex, TOO_DEEP);
    }
  }

  private static PathPattern compile(
      String option, String regex, String wrapped, WorkBudget budget) {
    try {
      PathRegex.Translated unused =
          PathRegex.translate(regex); // a lone ) must not close the wrapping
      PathRegex.Translated java = PathRegex.translate(wrapped);
      int cost = 1 + java.size() / SIZE_PER_STEP;
      return new PathPattern(
          option,
          regex,
          path -> java.pattern().matcher(new ReadPath(path, cost, budget)).matches());
    } catch (IllegalArgumentException e) {
      throw refusal(option, regex, String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      throw refusal(option, regex, TOO_DEEP);
    }
  }

  /** The quick way for plain names, where only a dot stands for any character. */
  private static boolean endsWith(String path, String ending, WorkBudget budget) {
    budget.spend(1);
    int start = path.length() - ending.length();
    if (start < 0 || start > 0 && path.charAt(start - 1) != '.') {
      return false;
    }
    for (int i = 0; i < ending.length(); i++) {
      char c = ending.charAt(i);
      if (c != '.' && c != path.charAt(start + i)) {
        return false;
      }
    }
    return true;
  }

  private static ServeException refusal(String option, String regex, String why) {
    String shown = regex.length() <= 200 ? regex : regex.substring(0, 200) + "...";
    return new ServeException(
        ErrorCode.INVALID_ADAPTER,
        option + " has the regular expression '" + shown + "', but " + why);
  }
}
