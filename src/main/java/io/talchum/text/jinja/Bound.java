package io.talchum.text.jinja;

import org.jspecify.annotations.Nullable;

/** Arguments in the order of the parameters. */
final class Bound {
  private Bound() {}

  /**
   * Like {@link Args#bind}, and the first ones must be given.
   *
   * @return shortened to the last argument that is given
   */
  static Value[] required(Args args, String function, int required, String... parameters) {
    @Nullable Value[] bound = args.bind(function, parameters);
    int given = bound.length;
    while (given > 0 && bound[given - 1] == null) {
      given--;
    }
    if (given < required) {
      throw TemplateException.type(
          "%s() missing required argument: '%s'".formatted(function, parameters[given]));
    }
    Value[] complete = new Value[given];
    for (int i = 0; i < given; i++) {
      Value value = bound[i];
      if (value == null) {
        if (i < required) {
          throw TemplateException.type(
              "%s() missing required argument: '%s'".formatted(function, parameters[i]));
        }
        value = Value.NoneValue.NONE;
      }
      complete[i] = value;
    }
    return complete;
  }
}
