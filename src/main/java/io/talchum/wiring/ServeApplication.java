package io.talchum.wiring;

import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.talchum.cli.Farewell;
import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.ServedOverview;
import io.talchum.cli.Welcome;
import io.talchum.engine.Engine;
import io.talchum.service.AdapterService;
import io.talchum.service.ApiKeys;
import io.talchum.service.LoadedAdapter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackageManifest;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/** Says what is served once the port is open, then waits for the end. */
@Singleton
@Unremovable
public class ServeApplication implements QuarkusApplication {
  private static final Path PROCESS_STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  private final OpenedModel model;
  private final ModelPackage weights;
  private final AdapterService adapters;
  private final ApiKeys keys;
  private final Config config;
  private final Engine engine;
  private final TalchumConfig settings;

  public ServeApplication(
      OpenedModel model,
      ModelPackage weights,
      AdapterService adapters,
      ApiKeys keys,
      Config config,
      Engine engine,
      TalchumConfig settings) {
    this.model = model;
    this.weights = weights;
    this.adapters = adapters;
    this.keys = keys;
    this.config = config;
    this.engine = engine;
    this.settings = settings;
  }

  @Override
  public int run(String... args) {
    ProcessEnvironment process = ProcessEnvironment.ofProcess();
    new StopSignals(engine, Startup.grace(settings.drain()), new Farewell(process)).listen();
    new Welcome(overview(), process.command()).print(process);
    Quarkus.waitForExit();
    return 0;
  }

  private ServedOverview overview() {
    PackageManifest manifest = weights.manifest();
    List<String> adapters = this.adapters.list().stream().map(LoadedAdapter::name).toList();
    return new ServedOverview(
        url(),
        model.served().name(),
        manifest.spec().architecture(),
        manifest.parameters(),
        manifest.quantization(),
        manifest.headQuantization(),
        model.served().version().abbreviated(),
        model.running().products(),
        model.executor().slots(),
        model.executor().maxContextTokens(),
        adapters,
        new ServedOverview.Memory(
            weightBytes(),
            model.running().kvBytes(),
            model.prefixCacheBytes(),
            settings.adapterMemory().asLongValue(),
            MemoryPlan.heap(),
            MemoryPlan.RESERVED_BYTES,
            residentBytes()),
        keys.required());
  }

  private String url() {
    String host = config.getValue("quarkus.http.host", String.class);
    int port = config.getValue("quarkus.http.port", Integer.class);
    String reachable =
        switch (host) {
          case "0.0.0.0" -> "127.0.0.1";
          case "::" -> "[::1]";
          default -> host.contains(":") ? "[" + host + "]" : host;
        };
    return "http://%s:%d".formatted(reachable, port);
  }

  private long weightBytes() {
    try {
      return Files.size(weights.weightsFile());
    } catch (IOException e) {
      return 0;
    }
  }

  private static long residentBytes() {
    try (Stream<String> lines = Files.lines(PROCESS_STATUS)) {
      return lines
          .filter(line -> line.startsWith(RESIDENT))
          .map(line -> line.replaceAll("[^0-9]", ""))
          .mapToLong(Long::parseLong)
          .map(kibibytes -> kibibytes * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
