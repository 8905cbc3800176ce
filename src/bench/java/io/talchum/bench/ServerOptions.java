package io.talchum.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which servers are measured. */
final class ServerOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8000",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private String url = "";

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      defaultValue = "openai",
      description = "openai or llama.cpp (default: ${DEFAULT-VALUE}).")
  private String kind = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "talchum",
      description = "Its name in the tables (default: ${DEFAULT-VALUE}).")
  private String name = "";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Its base model (default: the first that it lists).")
  private String model = "";

  @Option(
      names = "--adapters",
      paramLabel = "NAME,...",
      split = ",",
      description = "Its adapters (default: all that it lists).")
  private List<String> adapters = new ArrayList<>();

  @Option(names = "--pid", paramLabel = "PID", description = "Its process, for its CPU time.")
  private @Nullable Long pid;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      defaultValue = "${env:TALCHUM_API_KEY}",
      description = "Its API key (default: the variable TALCHUM_API_KEY).")
  private @Nullable String apiKey;

  @Option(
      names = "--peer",
      paramLabel = "URL",
      description = "A second server, measured in turn with the first.")
  private @Nullable String peerUrl;

  @Option(
      names = "--peer-kind",
      paramLabel = "KIND",
      defaultValue = "llama.cpp",
      description = "openai or llama.cpp (default: ${DEFAULT-VALUE}).")
  private String peerKind = "";

  @Option(
      names = "--peer-name",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Its name in the tables (default: its kind).")
  private String peerName = "";

  @Option(
      names = "--peer-adapters",
      paramLabel = "NAME,...",
      split = ",",
      description = "Its adapters (default: all that it lists).")
  private List<String> peerAdapters = new ArrayList<>();

  @Option(names = "--peer-pid", paramLabel = "PID", description = "Its process.")
  private @Nullable Long peerPid;

  @Option(
      names = "--unloaded",
      paramLabel = "URL",
      description = "A server like the first without adapters, for loaded-vs-unloaded.")
  private @Nullable String unloadedUrl;

  @Option(names = "--unloaded-pid", paramLabel = "PID", description = "Its process.")
  private @Nullable Long unloadedPid;

  Target server(Duration timeout) {
    return Discovery.complete(
        new Target(name, ServerKind.parse(kind), Endpoint.parse(url), model, adapters, apiKey, pid),
        timeout);
  }

  @Nullable Target peer(Duration timeout) {
    if (peerUrl == null) {
      return null;
    }
    ServerKind peer = ServerKind.parse(peerKind);
    String usual = peer.word().equals(name) || peer == ServerKind.OPENAI ? "peer" : peer.word();
    return Discovery.complete(
        new Target(
            peerName.isEmpty() ? usual : peerName,
            peer,
            Endpoint.parse(peerUrl),
            "",
            peerAdapters,
            null,
            peerPid),
        timeout);
  }

  @Nullable Target unloaded(Duration timeout) {
    if (unloadedUrl == null) {
      return null;
    }
    return Discovery.complete(
        new Target(
            "unloaded",
            ServerKind.parse(kind),
            Endpoint.parse(unloadedUrl),
            model,
            List.of(),
            apiKey,
            unloadedPid),
        timeout);
  }
}
