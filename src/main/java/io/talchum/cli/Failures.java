package io.talchum.cli;

import io.talchum.core.ServeException;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Makes one sentence on standard error, and an exit code, of whatever went wrong. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  static final int FAILED = 1;
  static final int USAGE = 2;

  private final ProcessEnvironment process;

  Failures(ProcessEnvironment process) {
    this.process = process;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    String sentence =
        failure instanceof ServeException refused
            ? String.valueOf(refused.getMessage())
            : "unexpected failure: %s; TALCHUM_DEBUG=1 shows where it arose".formatted(failure);
    return report(sentence, failure, FAILED);
  }

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    String name = failure.getCommandLine().getCommandSpec().qualifiedName(" ");
    return report(
        "%s%s; see %s --help".formatted(withoutStop(failure), nearest(failure), name),
        failure,
        USAGE);
  }

  /** The option or command that may have been meant. */
  private static String nearest(ParameterException failure) {
    if (failure instanceof CommandLine.UnmatchedArgumentException unmatched) {
      String typed = unmatched.getUnmatched().getFirst();
      Set<String> known = new TreeSet<>(failure.getCommandLine().getSubcommands().keySet());
      known.addAll(failure.getCommandLine().getCommandSpec().optionsMap().keySet());
      return Spelling.nearest(typed.replaceFirst("=.*", ""), known)
          .map("; did you mean %s?"::formatted)
          .orElse("");
    }
    return "";
  }

  private static String withoutStop(ParameterException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  private int report(String sentence, Exception failure, int code) {
    process.err().println("talchum: " + sentence);
    if (process.debug()) {
      failure.printStackTrace(process.err());
    }
    return code;
  }
}
