package io.talchum.text.jinja;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.IsoFields;
import java.time.temporal.WeekFields;
import java.util.Locale;

/** C's strftime in the C locale. */
final class Strftime {
  private Strftime() {}

  static String format(ZonedDateTime time, String format) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < format.length()) {
      char c = format.charAt(i++);
      if (c != '%' || i == format.length()) {
        out.append(c);
        continue;
      }
      char directive = format.charAt(i++);
      char flag = 0;
      if ("-_0^#".indexOf(directive) >= 0 && i < format.length()) {
        flag = directive;
        directive = format.charAt(i++);
      }
      out.append(field(time, directive, flag));
    }
    return out.toString();
  }

  private static String field(ZonedDateTime time, char directive, char flag) {
    return switch (directive) {
      case 'a' -> cased(flag, time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
      case 'A' -> cased(flag, time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'b', 'h' ->
          cased(
              flag, time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3));
      case 'B' -> cased(flag, time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'c' -> format(time, "%a %b %e %H:%M:%S %Y");
      case 'x', 'D' -> format(time, "%m/%d/%y");
      case 'X', 'T' -> format(time, "%H:%M:%S");
      case 'R' -> format(time, "%H:%M");
      case 'r' -> format(time, "%I:%M:%S %p");
      case 'F' -> format(time, "%Y-%m-%d");
      case 'p' ->
          flag == '#' ? (time.getHour() < 12 ? "am" : "pm") : (time.getHour() < 12 ? "AM" : "PM");
      case 'P' -> time.getHour() < 12 ? "am" : "pm";
      case 'Z', 'z' -> "";
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> number(time, directive, flag);
    };
  }

  private static String cased(char flag, String name) {
    return flag == '^' || flag == '#' ? name.toUpperCase(Locale.ROOT) : name;
  }

  private static String number(ZonedDateTime time, char directive, char flag) {
    int hour12 = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    return switch (directive) {
      case 'd' -> padded(time.getDayOfMonth(), 2, flag, '0');
      case 'e' -> padded(time.getDayOfMonth(), 2, flag, ' ');
      case 'm' -> padded(time.getMonthValue(), 2, flag, '0');
      case 'y' -> padded(time.getYear() % 100, 2, flag, '0');
      case 'Y' -> padded(time.getYear(), 1, flag, '0');
      case 'C' -> padded(time.getYear() / 100, 2, flag, '0');
      case 'H' -> padded(time.getHour(), 2, flag, '0');
      case 'k' -> padded(time.getHour(), 2, flag, ' ');
      case 'I' -> padded(hour12, 2, flag, '0');
      case 'l' -> padded(hour12, 2, flag, ' ');
      case 'M' -> padded(time.getMinute(), 2, flag, '0');
      case 'S' -> padded(time.getSecond(), 2, flag, '0');
      case 'f' -> padded(time.getNano() / 1000, 6, (char) 0, '0');
      case 'j' -> padded(time.getDayOfYear(), 3, flag, '0');
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'U' -> padded(week(time, time.getDayOfWeek().getValue() % 7), 2, flag, '0');
      case 'W' -> padded(week(time, time.getDayOfWeek().getValue() - 1), 2, flag, '0');
      case 'V' -> padded(time.get(WeekFields.ISO.weekOfWeekBasedYear()), 2, flag, '0');
      case 'G' -> Integer.toString(time.get(IsoFields.WEEK_BASED_YEAR));
      case 'g' -> padded(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2, flag, '0');
      case 's' -> Long.toString(time.toEpochSecond());
      default -> "%" + (flag == 0 ? "" : String.valueOf(flag)) + directive;
    };
  }

  private static int week(ZonedDateTime time, int dayOfWeek) {
    return (time.getDayOfYear() + 6 - dayOfWeek) / 7;
  }

  private static String padded(int value, int width, char flag, char fill) {
    String digits = Integer.toString(value);
    char pad = flag == '_' ? ' ' : flag == '0' ? '0' : fill;
    return flag == '-'
        ? digits
        : String.valueOf(pad).repeat(Math.max(0, width - digits.length())) + digits;
  }
}
