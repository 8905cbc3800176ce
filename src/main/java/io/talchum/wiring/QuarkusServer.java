package io.talchum.wiring;

import io.quarkus.runtime.Quarkus;
import io.smallrye.config.SmallRyeConfig;
import io.talchum.cli.Farewell;
import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.Server;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** Boots Quarkus in this process; settings go in as system properties, which win over files. */
final class QuarkusServer implements Server {
  private final ProcessEnvironment process;

  QuarkusServer(ProcessEnvironment process) {
    this.process = process;
  }

  @Override
  public int run(Map<String, String> settings) {
    VectorModule.load();
    settings.forEach(System::setProperty);
    System.setProperty("vertx.disableURIValidation", "true"); // the gate does it, in words
    AtomicInteger exitCode = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Quarkus.run(
        ServeApplication.class,
        (code, thrown) -> {
          exitCode.set(code);
          failure.set(thrown);
        });
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new ServeException(ErrorCode.INTERNAL, sentence(thrown), thrown);
    }
    new Farewell(process).stopped();
    return exitCode.get();
  }

  /**
   * Parts that start before all settings are checked may fail by one of them in words of their own.
   */
  private static String sentence(Throwable thrown) {
    try {
      SettingRanges.check(
          ConfigProvider.getConfig()
              .unwrap(SmallRyeConfig.class)
              .getConfigMapping(TalchumConfig.class));
      return StartFailure.sentence(thrown);
    } catch (ServeException setting) {
      return String.valueOf(setting.getMessage());
    } catch (RuntimeException unreadable) {
      return StartFailure.sentence(thrown);
    }
  }
}
