package io.talchum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * CPU time by Linux's {@code /proc}, in ticks of 10 ms. On other systems everything is unknown.
 *
 * @param proc the folder {@code /proc}
 * @param ownPid this process
 */
record CpuClock(Path proc, long ownPid) {
  private static final double TICKS_PER_SECOND = 100;
  private static final int IDLE = 3;
  private static final int IOWAIT = 4;

  /** Fields of {@code cpu} before guest time, which user time holds already. */
  private static final int FIELDS = 8;

  static CpuClock ofThisMachine() {
    return new CpuClock(Path.of("/proc"), ProcessHandle.current().pid());
  }

  /**
   * All CPU time up to a moment.
   *
   * @param busy ticks of all cores that were not idle
   * @param all ticks of all cores
   * @param byPid ticks of each process, its ended children not counted
   */
  record Reading(long busy, long all, Map<Long, Long> byPid) {
    Reading {
      byPid = Map.copyOf(byPid);
    }
  }

  /** Empty where there is no such folder. */
  Optional<Reading> read(List<Long> pids) {
    try {
      String[] words = firstLine(proc.resolve("stat")).split("\\s+");
      long all = 0;
      for (int i = 0; i < FIELDS; i++) {
        all += Long.parseLong(words[i + 1]);
      }
      long idle = Long.parseLong(words[IDLE + 1]) + Long.parseLong(words[IOWAIT + 1]);
      Map<Long, Long> byPid = new HashMap<>();
      List<Long> known = new ArrayList<>(pids);
      known.add(ownPid);
      for (long pid : known) {
        Long ticks = ticksOf(pid);
        if (ticks != null) {
          byPid.put(pid, ticks);
        }
      }
      return Optional.of(new Reading(all - idle, all, byPid));
    } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /**
   * Part of the machine that others than these processes and this one used between two readings.
   *
   * @param pids null for a server whose process is not known
   */
  OptionalDouble foreign(Optional<Reading> from, Optional<Reading> to, List<@Nullable Long> pids) {
    if (from.isEmpty() || to.isEmpty()) {
      return OptionalDouble.empty();
    }
    double ours = 0;
    List<@Nullable Long> all = new ArrayList<>(pids);
    all.add(ownPid);
    for (Long pid : all) {
      OptionalDouble seconds = seconds(from, to, pid);
      if (seconds.isEmpty()) {
        return OptionalDouble.empty();
      }
      ours += seconds.getAsDouble() * TICKS_PER_SECOND;
    }
    long total = to.get().all() - from.get().all();
    double busy = to.get().busy() - from.get().busy();
    return total <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.clamp((busy - ours) / total, 0, 1));
  }

  /** CPU seconds of a process between two readings. */
  OptionalDouble seconds(Optional<Reading> from, Optional<Reading> to, @Nullable Long pid) {
    if (pid == null || from.isEmpty() || to.isEmpty()) {
      return OptionalDouble.empty();
    }
    Long before = from.get().byPid().get(pid);
    Long after = to.get().byPid().get(pid);
    return before == null || after == null
        ? OptionalDouble.empty()
        : OptionalDouble.of((after - before) / TICKS_PER_SECOND);
  }

  /** Resident bytes of a process. */
  OptionalDouble residentBytes(@Nullable Long pid) {
    if (pid == null) {
      return OptionalDouble.empty();
    }
    try {
      for (String line : Files.readAllLines(proc.resolve(pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return OptionalDouble.of(Double.parseDouble(line.split("\\s+")[1]) * 1024);
        }
      }
    } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.empty();
  }

  /** User and system time, fields 14 and 15; the name before them may hold blanks. */
  private @Nullable Long ticksOf(long pid) {
    try {
      String line = firstLine(proc.resolve(pid + "/stat"));
      String[] words = line.substring(line.lastIndexOf(')') + 2).split(" ");
      return Long.parseLong(words[11]) + Long.parseLong(words[12]);
    } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
      return null;
    }
  }

  private static String firstLine(Path file) throws IOException {
    try (var lines = Files.newBufferedReader(file)) {
      String line = lines.readLine();
      return line == null ? "" : line;
    }
  }
}
