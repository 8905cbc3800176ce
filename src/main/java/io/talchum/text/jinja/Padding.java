package io.talchum.text.jinja;

import java.util.Map;

/** str.center and its like. */
final class Padding {
  private Padding() {}

  static void addTo(Map<String, StringMethods.Method> methods) {
    methods.put("center", (self, i, args) -> pad(self, args, "center", i));
    methods.put("ljust", (self, i, args) -> pad(self, args, "ljust", i));
    methods.put("rjust", (self, i, args) -> pad(self, args, "rjust", i));
    methods.put("zfill", (self, i, args) -> zeroFill(self, args, i));
    methods.put("expandtabs", (self, i, args) -> expandTabs(self, args, i));
  }

  private static Value pad(Text self, Args args, String function, Interpreter interpreter) {
    int width = Python.index(args.required(function, 0));
    Text fill = Text.template(" ");
    if (args.positional().size() > 1) {
      fill = StringMethods.string(args.positional().get(1), function);
      if (fill.codePoints() != 1) {
        throw TemplateException.type("The fill character must be exactly one character long");
      }
    }
    return pad(self, width, fill, function, interpreter);
  }

  static Text pad(Text self, int width, Text fill, String function, Interpreter interpreter) {
    int missing = width - self.codePoints();
    if (missing <= 0) {
      return self;
    }
    int left =
        switch (function) {
          case "ljust" -> 0;
          case "rjust" -> missing;
          default -> missing / 2 + (missing & width & 1);
        };
    Budget budget = interpreter.budget();
    return new TextBuilder(budget)
        .append(Operators.repeat(fill, left, budget))
        .append(self)
        .append(Operators.repeat(fill, missing - left, budget))
        .build()
        .withMarkup(self.isMarkup());
  }

  private static Value zeroFill(Text self, Args args, Interpreter interpreter) {
    int missing = Python.index(args.required("zfill", 0)) - self.codePoints();
    if (missing <= 0) {
      return self;
    }
    boolean signed = self.string().startsWith("+") || self.string().startsWith("-");
    int sign = signed ? 1 : 0;
    Budget budget = interpreter.budget();
    return new TextBuilder(budget)
        .append(self, 0, sign)
        .append(Operators.repeat(Text.template("0"), missing, budget))
        .append(self, sign, self.string().length())
        .build();
  }

  private static Value expandTabs(Text self, Args args, Interpreter interpreter) {
    Value size = args.bind("expandtabs", "tabsize")[0];
    int width = size == null ? 8 : Python.index(size);
    TextBuilder out = new TextBuilder(interpreter.budget());
    String string = self.string();
    int column = 0;
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '\t') {
        int spaces = width <= 0 ? 0 : width - column % width;
        out.append(
            Operators.repeat(Text.of(" ", self.isTemplateAt(i)), spaces, interpreter.budget()));
        column += spaces;
      } else {
        out.append(self, i, i + 1);
        column = c == '\n' || c == '\r' ? 0 : column + (Character.isLowSurrogate(c) ? 0 : 1);
      }
    }
    return out.build();
  }
}
