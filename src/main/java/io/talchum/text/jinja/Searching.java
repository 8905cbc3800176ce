package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import org.jspecify.annotations.Nullable;

/** str.find and its like; indices are code points. */
final class Searching {
  private Searching() {}

  static long find(Text self, Args args, String function) {
    String wanted = StringMethods.string(args.required(function, 0), function).string();
    SliceBounds bounds = bounds(self, args);
    Text window = window(self, args);
    int found =
        function.equals("find")
            ? window.string().indexOf(wanted)
            : window.string().lastIndexOf(wanted);
    return found < 0 ? -1 : bounds.start() + window.string().codePointCount(0, found);
  }

  static Value index(Text self, Args args, String function) {
    long found = find(self, args, function);
    if (found < 0) {
      throw TemplateException.value("substring not found");
    }
    return Value.of(found);
  }

  static long count(Text self, Args args) {
    String wanted = StringMethods.string(args.required("count", 0), "count").string();
    String window = window(self, args).string();
    if (wanted.isEmpty()) {
      return window.codePointCount(0, window.length()) + 1L;
    }
    long count = 0;
    for (int at = window.indexOf(wanted);
        at >= 0;
        at = window.indexOf(wanted, at + wanted.length())) {
      count++;
    }
    return count;
  }

  /** The part that the second and third argument name. */
  static Text window(Text self, Args args) {
    if (args.positional().size() < 2) {
      return self;
    }
    SliceBounds bounds = bounds(self, args);
    int from = self.offset((int) bounds.start());
    return self.substring(from, self.string().offsetByCodePoints(from, (int) bounds.count()));
  }

  private static SliceBounds bounds(Text self, Args args) {
    return SliceBounds.of(argument(args, 1), argument(args, 2), null, self.codePoints());
  }

  private static @Nullable Value argument(Args args, int place) {
    Value value = place < args.positional().size() ? args.positional().get(place) : null;
    return value instanceof NoneValue ? null : value;
  }
}
