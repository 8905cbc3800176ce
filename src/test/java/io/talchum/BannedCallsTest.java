package io.talchum;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Calls that main code does not make, each with its reason. */
class BannedCallsTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.talchum");

  private static final List<ArchRule> RULES =
      List.of(
          noCall(Thread.class, "sleep", "it hides a race or stalls a carrier; wait for the event"),
          noCall(System.class, "currentTimeMillis", "time is passed in as InstantSource"),
          noCall(Instant.class, "now", "time is passed in as InstantSource"),
          noCall(Date.class, "<init>", "time is passed in as InstantSource"),
          noCall(UUID.class, "randomUUID", "ids are made from time and random bits passed in"),
          noCall(Math.class, "random", "randomness is passed in, seeded"),
          noCall(Random.class, "<init>", "randomness is passed in, seeded"),
          noCall(ThreadLocalRandom.class, "current", "randomness is passed in, seeded"),
          noCall(Collection.class, "parallelStream", "its threads are shared with all the process"),
          noCall(Throwable.class, "printStackTrace()", "failures are thrown or logged"),
          noCall(Runtime.class, "exec", "no program but this one is run"),
          noField("out", "only the command line prints"),
          noField("err", "only the command line prints"),
          noClasses()
              .that()
              .resideOutsideOfPackage("io.talchum.wiring..")
              .should()
              .callMethod(System.class, "exit", int.class)
              .because("only the entry point may end the process"),
          noClasses()
              .that()
              .resideOutsideOfPackages("io.talchum.cli..", "io.talchum.wiring..")
              .should()
              .callMethod(InstantSource.class, "system")
              .because("the clock is made where everything is put together"));

  @Test
  void mainCodeMakesNone() {
    RULES.forEach(rule -> rule.check(MAIN));
  }

  @Test
  void theRulesFindWhatTheyForbid() {
    JavaClasses sinner = new ClassFileImporter().importClasses(Sinner.class);
    for (ArchRule rule : RULES.subList(0, 9)) {
      assertThatThrownBy(() -> rule.check(sinner)).isInstanceOf(AssertionError.class);
    }
  }

  private static ArchRule noCall(Class<?> owner, String name, String reason) {
    String method = name.replace("()", "");
    boolean anyParameters = method.equals(name);
    return noClasses()
        .should(
            ArchConditions.callCodeUnitWhere(
                com.tngtech.archunit.base.DescribedPredicate.describe(
                    owner.getSimpleName() + "." + name,
                    call ->
                        call.getTarget().getName().equals(method)
                            && isMeant(call.getTargetOwner(), owner, method)
                            && (anyParameters
                                || call.getTarget().getRawParameterTypes().isEmpty()))))
        .because(reason);
  }

  /** Methods are inherited, constructors are not: SecureRandom is no banned Random. */
  private static boolean isMeant(JavaClass target, Class<?> owner, String method) {
    return method.equals("<init>") ? target.isEquivalentTo(owner) : target.isAssignableTo(owner);
  }

  private static ArchRule noField(String name, String reason) {
    return noClasses()
        .that()
        .resideOutsideOfPackage("io.talchum.cli..")
        .should()
        .accessField(System.class, name)
        .because(reason);
  }

  /** Breaks the first rules. */
  @SuppressWarnings({"unused", "ThreadPriorityCheck", "JavaUtilDate"})
  private static final class Sinner {
    Object sins() throws InterruptedException {
      Thread.sleep(0);
      List<Object> sins = new ArrayList<>();
      sins.add(System.currentTimeMillis());
      sins.add(Instant.now());
      sins.add(new Date());
      sins.add(UUID.randomUUID());
      sins.add(Math.random());
      sins.add(new Random(1));
      sins.add(ThreadLocalRandom.current());
      return sins.parallelStream();
    }
  }
}
