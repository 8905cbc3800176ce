package io.talchum.bench;

import io.talchum.bench.Experiment.Arm;
import io.talchum.bench.Workload.Adapters;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The scenarios by name. */
enum Scenario {
  DECODE1("decode1"),
  DECODE8("decode8"),
  PREFILL512("prefill512"),
  PREFIX512("prefix512"),
  SAME8("same8"),
  ADAPTERS8("adapters8"),
  MIXED_VS_BASE("mixed-vs-base"),
  LOADED_VS_UNLOADED("loaded-vs-unloaded"),
  SWEEP("sweep"),
  SHORT("short"),
  ZIPF("zipf"),
  FAIR("fair"),
  KINDS("kinds");

  private static final int PROMPT = 32;
  private static final int OUTPUT = 64;

  /** Requests of each stream of the scenario zipf. */
  private static final int ZIPF_TURNS = 24;

  /** Requests of each stream of the scenario fair. */
  private static final int FAIR_TURNS = 12;

  private static final int GREEDY_STREAMS = 16;

  private final String word;

  Scenario(String word) {
    this.word = word;
  }

  /** As on the command line. */
  String word() {
    return word;
  }

  /**
   * The experiments of these scenarios; of none named: of all that the servers allow but {@code
   * kinds}, which takes long.
   *
   * @throws ServeException INVALID_REQUEST for an unknown name or one that the servers do not allow
   */
  static List<Experiment> plan(List<String> words, Setup setup) {
    List<Experiment> plan = new ArrayList<>();
    if (words.isEmpty()) {
      for (Scenario scenario : values()) {
        if (scenario != KINDS && (scenario != LOADED_VS_UNLOADED || setup.unloaded() != null)) {
          scenario.experiments(setup).stream().filter(Scenario::isPossible).forEach(plan::add);
        }
      }
      return plan;
    }
    for (String word : words) {
      List<Experiment> experiments = named(word).experiments(setup);
      experiments.forEach(Scenario::refuseImpossible);
      plan.addAll(experiments);
    }
    return plan;
  }

  private static Scenario named(String word) {
    return Arrays.stream(values())
        .filter(scenario -> scenario.word.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new ServeException(
                    ErrorCode.INVALID_REQUEST,
                    "there is no scenario '%s'; there are %s"
                        .formatted(
                            word,
                            Arrays.stream(values())
                                .map(Scenario::word)
                                .collect(Collectors.joining(", ")))));
  }

  private List<Experiment> experiments(Setup setup) {
    int prompt = setup.prompt(PROMPT);
    int output = setup.output(OUTPUT);
    return switch (this) {
      case DECODE1 ->
          sideBySide(
              Figure.DECODE,
              setup,
              Workload.streams(1, prompt, setup.output(2 * OUTPUT), Adapters.NONE));
      case DECODE8 ->
          sideBySide(Figure.DECODE, setup, Workload.streams(8, prompt, output, Adapters.NONE));
      case PREFILL512 ->
          sideBySide(
              Figure.PREFILL, setup, Workload.sequence(4, setup.prompt(512), 1, Adapters.NONE));
      case PREFIX512 -> sharedBeginning(setup);
      case SAME8 ->
          sideBySide(Figure.DECODE, setup, Workload.streams(8, prompt, output, Adapters.SAME));
      case ADAPTERS8 ->
          sideBySide(
              Figure.GENERATION, setup, Workload.streams(8, prompt, output, Adapters.DIFFERENT));
      case MIXED_VS_BASE -> mixedAgainstBase(setup, prompt, output);
      case LOADED_VS_UNLOADED -> loadedAgainstUnloaded(setup, prompt, output);
      case SWEEP -> sweep(setup, prompt, output);
      case SHORT -> shortRequests(setup);
      case ZIPF -> manyAgainstEight(setup, prompt, output);
      case FAIR -> modestBesideGreedy(setup, prompt, output);
      case KINDS -> eachAgainstBase(setup, prompt, output);
    };
  }

  private List<Experiment> sideBySide(Figure headline, Setup setup, Workload workload) {
    return List.of(new Experiment(word, headline, bothServers(setup, workload)));
  }

  private static List<Arm> bothServers(Setup setup, Workload workload) {
    List<Arm> arms = new ArrayList<>();
    arms.add(new Arm(setup.server().name(), setup.server(), workload));
    Target peer = setup.peer();
    if (peer != null) {
      arms.add(new Arm(peer.name(), peer, workload));
    }
    return arms;
  }

  /** The first of five requests reads what all begin with. Only of the server: peers count anew. */
  private List<Experiment> sharedBeginning(Setup setup) {
    Workload workload = Workload.sequence(5, PROMPT, 1, Adapters.NONE).sharing(setup.prompt(512));
    Target server = setup.server();
    return List.of(
        new Experiment(
            word, Figure.TTFT_REUSED, List.of(new Arm(server.name(), server, workload))));
  }

  private List<Experiment> mixedAgainstBase(Setup setup, int prompt, int output) {
    Target server = setup.server();
    Workload mixed = Workload.streams(8, prompt, output, Adapters.DIFFERENT);
    Workload base = Workload.streams(8, prompt, output, Adapters.NONE);
    return List.of(
        new Experiment(
            word,
            Figure.DECODE,
            List.of(new Arm("mixed", server, mixed), new Arm("base", server, base))));
  }

  private List<Experiment> loadedAgainstUnloaded(Setup setup, int prompt, int output) {
    Target unloaded = setup.unloaded();
    if (unloaded == null) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "loaded-vs-unloaded needs a second server without adapters; name it by --unloaded");
    }
    Workload base = Workload.streams(8, prompt, output, Adapters.NONE);
    return List.of(
        new Experiment(
            word,
            Figure.DECODE,
            List.of(new Arm("loaded", setup.server(), base), new Arm("unloaded", unloaded, base))));
  }

  private List<Experiment> sweep(Setup setup, int prompt, int output) {
    return setup.sweepStreams().stream()
        .map(
            streams ->
                new Experiment(
                    word + "-" + streams,
                    Figure.DECODE,
                    bothServers(setup, Workload.streams(streams, prompt, output, Adapters.NONE))))
        .toList();
  }

  /** Only our own server says how long its model ran, so the peer gives no more than its times. */
  private List<Experiment> shortRequests(Setup setup) {
    Target server = setup.server();
    int calls = setup.shortRequests();
    Workload base = Workload.sequence(calls, setup.prompt(8), setup.output(4), Adapters.NONE);
    List<Arm> arms = new ArrayList<>(bothServers(setup, base.watchingModel()));
    if (!server.adapters().isEmpty()) {
      Workload other =
          Workload.sequence(calls, setup.prompt(8), setup.output(4), Adapters.DIFFERENT);
      arms.add(new Arm("adapters in turn", server, other.watchingModel()));
    }
    return List.of(new Experiment(word, Figure.SERVER_P99, arms));
  }

  /** All adapters that the server knows, most of them seldom, against eight of them. */
  private List<Experiment> manyAgainstEight(Setup setup, int prompt, int output) {
    Target server = setup.server();
    Workload many = Workload.turns(8, ZIPF_TURNS, prompt, output, Adapters.ZIPF);
    Workload eight = Workload.turns(8, ZIPF_TURNS, prompt, output, Adapters.ZIPF_OF_EIGHT);
    return List.of(
        new Experiment(
            word,
            Figure.OUTPUT,
            List.of(new Arm("many", server, many), new Arm("eight", server, eight))));
  }

  /** Nine adapters with one stream each, beside many streams of a tenth, and alone. */
  private List<Experiment> modestBesideGreedy(Setup setup, int prompt, int output) {
    Target server = setup.server();
    int modest = Workload.MODEST_STREAMS;
    Workload both =
        Workload.turns(
            modest + GREEDY_STREAMS, FAIR_TURNS, prompt, output, Adapters.NINE_AND_GREEDY);
    Workload alone = Workload.turns(modest, FAIR_TURNS, prompt, output, Adapters.NINE_AND_GREEDY);
    return List.of(
        new Experiment(
            word,
            Figure.TTFT_MODEST_P99,
            List.of(new Arm("beside greedy", server, both), new Arm("alone", server, alone))));
  }

  /** Every adapter by itself, in turn with base, in one stream and in eight. */
  private List<Experiment> eachAgainstBase(Setup setup, int prompt, int output) {
    List<Experiment> plan = new ArrayList<>();
    for (String adapter : setup.server().adapters()) {
      Target server = setup.server().with(List.of(adapter));
      for (int streams : new int[] {1, 8}) {
        Workload with = Workload.streams(streams, prompt, output, Adapters.SAME);
        Workload base = Workload.streams(streams, prompt, output, Adapters.NONE);
        plan.add(
            new Experiment(
                "%s-%s-%d".formatted(word, adapter, streams),
                Figure.DECODE,
                List.of(new Arm(adapter, server, with), new Arm("base", server, base))));
      }
    }
    return plan;
  }

  private static boolean isPossible(Experiment experiment) {
    return experiment.arms().stream().noneMatch(Scenario::lacksAdapters);
  }

  private static void refuseImpossible(Experiment experiment) {
    for (Arm arm : experiment.arms()) {
      if (lacksAdapters(arm)) {
        throw new ServeException(
            ErrorCode.INVALID_REQUEST,
            "%s needs %d adapters and %s has %d; load more, or leave the scenario out"
                .formatted(
                    experiment.name(),
                    arm.workload().neededAdapters(),
                    arm.target(),
                    arm.target().adapters().size()));
      }
    }
  }

  private static boolean lacksAdapters(Arm arm) {
    return arm.workload().neededAdapters() > arm.target().adapters().size();
  }
}
