package io.talchum.model.kernel.integer;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.kernel.code.CpuFeatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The kernels for AArch64 do not run on this machine. They ran in an emulator, which gave the bits
 * of those for x86-64; a kernel that changes has to run there again.
 */
class ArmKernelsTest {
  private static final Path TABLE = Path.of("src/test/resources/fixtures/arm-kernels.txt");

  @Test
  void areThoseThatGaveTheRightProductsInAnEmulator() throws Exception {
    Set<String> recorded = new HashSet<>(Files.readAllLines(TABLE).subList(1, 161));
    Set<String> written = new HashSet<>();
    for (ArmKernelDump.Case each : ArmKernelDump.cases()) {
      written.add(hash(each) + " " + each.name());
    }
    assertThat(written).hasSize(160).isEqualTo(recorded);
  }

  private static String hash(ArmKernelDump.Case of) throws NoSuchAlgorithmException {
    KernelWriter writer = InstructionSet.NEON_DOT.writer();
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    sha.update(writer.rounding(of.inputs()));
    sha.update(writer.product(of.format(), of.inputs()));
    return HexFormat.of().formatHex(sha.digest());
  }

  @Test
  void areChosenByTheProcessorsFlags() {
    assertThat(InstructionSet.of(new CpuFeatures("aarch64", Set.of("asimd", "asimddp"))))
        .contains(InstructionSet.NEON_DOT);
    assertThat(InstructionSet.of(new CpuFeatures("aarch64", Set.of("asimd")))).isEmpty();
    assertThat(InstructionSet.of(new CpuFeatures("amd64", Set.of("asimd", "asimddp")))).isEmpty();
  }
}
