package io.talchum.cli;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TalchumTest {
  @TempDir private Path home;

  @Test
  void helpNamesTheCommands() {
    CommandRun run = CommandRun.of(home, "--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("serve", "import", "models", "eval", "TALCHUM_HOME");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void everyOptionOfServeSetsItsKey() {
    CommandRun run =
        CommandRun.of(
            home,
            ("serve --model m --host 127.0.0.2 --port 18999 --adapters a --slots 3 --context 77 --kv int8 --prefix-cache 64M --temperature 0.5 --top-p 0.9 --top-k 30 --min-p 0.1"
                    + " --data-dir d --provider cuda --cuda-device 1 --cuda-memory-limit 20G --lora-rank 32")
                .split(" "));
    assertThat(run.exitCode()).isZero();
    assertThat(run.settings())
        .containsExactly(
            Map.ofEntries(
                entry("talchum.data-dir", "d"),
                entry("talchum.model", "m"),
                entry("talchum.host", "127.0.0.2"),
                entry("talchum.port", "18999"),
                entry("talchum.adapters", "a"),
                entry("talchum.provider", "cuda"),
                entry("talchum.cuda.device", "1"),
                entry("talchum.cuda.memory-limit", "20G"),
                entry("talchum.cuda.lora-rank", "32"),
                entry("talchum.slots", "3"),
                entry("talchum.context", "77"),
                entry("talchum.kv", "int8"),
                entry("talchum.prefix-cache", "64M"),
                entry("talchum.temperature", "0.5"),
                entry("talchum.top-p", "0.9"),
                entry("talchum.top-k", "30"),
                entry("talchum.min-p", "0.1")));
  }

  @Test
  void whatIsNotGivenKeepsItsConfiguredValue() {
    assertThat(CommandRun.of(home, "serve").settings())
        .containsExactly(Map.of("talchum.data-dir", home.resolve(".talchum").toString()));
  }

  @Test
  void theDataDirectoryIsTheOptionElseTheVariableElseBelowHome() {
    Map<String, String> variable = Map.of("TALCHUM_HOME", "v");
    assertThat(CommandRun.of(home, variable, false, "serve").settings().getFirst())
        .containsEntry("talchum.data-dir", "v");
    assertThat(CommandRun.of(home, variable, false, "serve", "--data-dir", "o").settings())
        .containsExactly(Map.of("talchum.data-dir", "o"));
    Map<String, String> both = Map.of("TALCHUM_HOME", "v", "TALCHUM_DATA_DIR", "d");
    assertThat(CommandRun.of(home, both, false, "serve").settings().getFirst())
        .containsEntry("talchum.data-dir", "d");
    assertThat(
            CommandRun.of(home, Map.of("TALCHUM_HOME", ""), false, "serve").settings().getFirst())
        .containsEntry("talchum.data-dir", home.resolve(".talchum").toString());
  }

  @Test
  void aSenselessCommandLineGetsOneSentenceAndCode2() {
    assertUsage("talchum: Missing required subcommand; see talchum --help");
    assertUsage("talchum: Unmatched argument at index 0: 'sing'; see talchum --help", "sing");
    assertUsage(
        "talchum: Invalid value for option '--port': 'x' is not an int; see talchum serve --help",
        "serve",
        "--port",
        "x");
    assertUsage(
        "talchum: Missing required parameter: 'SOURCE'; see talchum import --help", "import");
    assertUsage("talchum: Unknown option: '--fast'; see talchum serve --help", "serve", "--fast");
    assertUsage(
        "talchum: Unknown option: '--prot=1'; did you mean --port?; see talchum serve --help",
        "serve",
        "--prot=1");
    assertUsage(
        "talchum: Unmatched argument at index 0: 'serv'; did you mean serve?; see talchum --help",
        "serv");
  }

  @Test
  void anUnknownQuantizationIsToldTheKnownOnes() {
    CommandRun run = CommandRun.of(home, "import", "x", "--quantization", "int3");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains("'--quantization'", "'int3' is none of auto, int4, int4-b32,")
        .contains("int8, none; see talchum import --help");
    run = CommandRun.of(home, "import", "x", "--tensors", "head=q4");
    assertThat(run.err()).contains("'q4' is none of auto, int4");
  }

  @Test
  void noneMeansNoneOfAllMatrices() {
    String source = Fixtures.path("models/llama").toString();
    CommandRun none = CommandRun.of(home, "import", source, "--quantization", "NONE");
    assertThat(none.out()).contains("linears none, head none");
    CommandRun head =
        CommandRun.of(
            home, "import", source, "--quantization", "none", "--head", "int8", "--name", "h");
    assertThat(head.out()).contains("linears none, head int8");
  }

  @Test
  void anIdOfTheHubIsToldItsForm() {
    assertThat(CommandRun.of(home, "import", "org/name").err())
        .contains("there is no file or folder org/name", "hub is named hf:org/name")
        .hasLineCount(1);
    assertThat(CommandRun.of(home, "import", "./no.gguf").err())
        .contains("there is no file or folder ./no.gguf")
        .doesNotContain("hf:");
  }

  @Test
  void removesAModelWithoutAsking() throws IOException {
    String source = Fixtures.path("models/llama_tied").toString();
    assertThat(CommandRun.of(home, "import", source, "--name", "tiny").exitCode()).isZero();
    Files.createDirectories(home.resolve(".talchum/adapters/tiny"));
    CommandRun run = CommandRun.of(home, "models", "remove", "tiny");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Removed tiny: ", "Its adapters stay in");
    assertThat(home.resolve(".talchum/models")).isEmptyDirectory();
    assertThat(CommandRun.of(home, "models", "remove", "tiny").err())
        .contains("there is no model 'tiny' to remove; known are none")
        .hasLineCount(1);
    CommandRun elsewhere =
        CommandRun.of(home, "models", "--data-dir", home.toString(), "remove", "tiny");
    assertThat(elsewhere.exitCode()).isEqualTo(1);
  }

  @Test
  void importsAndLists() {
    Path source = Fixtures.path("models/llama_tied");
    CommandRun run =
        CommandRun.of(home, "import", source.toString(), "--name", "tiny", "--head", "none");
    assertThat(run.err()).contains("100 %").doesNotContain("\r");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("Imported tiny: ", "linears int8", "head none", "./talchum serve --model tiny");

    String[] lines = CommandRun.of(home, "models").out().split("\n");
    assertThat(lines[0].split(" {2,}"))
        .containsExactly("NAME", "ARCHITECTURE", "PARAMETERS", "SIZE", "QUANTIZATION", "HASH");
    assertThat(lines[1].split(" {2,}"))
        .hasSize(6)
        .startsWith("tiny", "LlamaForCausalLM")
        .contains("int8, head none");
    assertThat(lines).hasSize(2);
  }

  @Test
  void importsWithARuleForSomeTensors() {
    Path source = Fixtures.path("models/llama_tied");
    CommandRun run =
        CommandRun.of(
            home,
            "import",
            source.toString(),
            "--quantization",
            "int4-b64",
            "--tensors",
            "layers.0.*=int8",
            "--tensors",
            "layers.0.down=none");
    assertThat(run.err()).contains("100 %");
    assertThat(run.out()).contains("linears mixed", "head int8");
    run = CommandRun.of(home, "import", source.toString(), "--name", "b", "--tensors", "x.*=int8");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("the tensor pattern \"x.*\" matches no matrix");
  }

  @Test
  void adapterNeedsACommand() {
    assertUsage("talchum: adapter needs a command: verify; see talchum adapter --help", "adapter");
  }

  @Test
  void evalNeedsAMeasure() {
    assertUsage("talchum: eval needs a measure: perplexity; see talchum eval --help", "eval");
  }

  @Test
  void drawsABarOnATerminal() {
    Path source = Fixtures.path("models/llama_tied");
    CommandRun run = CommandRun.of(home, Map.of(), true, "import", source.toString());
    assertThat(run.err()).contains("\r[", "-] ", "[" + "#".repeat(30) + "] 100 %").endsWith("\n");
  }

  @Test
  void aTakenNameIsRefusedWithCode1() {
    String source = Fixtures.path("models/llama_tied").toString();
    assertThat(CommandRun.of(home, "import", source).exitCode()).isZero();
    CommandRun again = CommandRun.of(home, "import", source);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).startsWith("talchum: ").contains("llama_tied").hasLineCount(1);
  }

  @Test
  void aMissingSourceLeavesNothing() {
    CommandRun run = CommandRun.of(home, "import", "no/such/folder");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("talchum: ", "folder").hasLineCount(1);
    assertThat(Files.exists(home.resolve(".talchum/models/folder"))).isFalse();
  }

  @Test
  void listsNothingWithAHint() {
    CommandRun run = CommandRun.of(home, "models");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("No models in", "./talchum serve", "./talchum import");
  }

  @Test
  void listsAPackageOfAnOlderBuildWithWhatToDo() throws IOException {
    String source = Fixtures.path("models/llama_tied").toString();
    CommandRun.of(home, "import", source, "--name", "now");
    Path old = Files.createDirectories(home.resolve(".talchum/models/old"));
    Files.writeString(old.resolve("model.json"), "{\"formatVersion\":1,\"name\":\"old\"}");
    CommandRun run = CommandRun.of(home, "models");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines().toList())
        .hasSize(3)
        .contains("old: written by an older build: import it again");
    assertThat(CommandRun.of(home, "import", source, "--name", "old").exitCode()).isZero();
    assertThat(CommandRun.of(home, "models").out()).doesNotContain("older build");
  }

  @Test
  void aServerThatDoesNotStartGetsOneSentence() {
    Server refusing =
        settings -> {
          throw new ServeException(ErrorCode.MODEL_NOT_FOUND, "there is no model 'x'; say another");
        };
    CommandRun run = CommandRun.withServer(home, Map.of(), refusing);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).isEqualToIgnoringNewLines("talchum: there is no model 'x'; say another");
  }

  @Test
  void aDefectIsNamedAndItsPlaceShownOnDemand() {
    Server broken =
        settings -> {
          throw new IllegalStateException("lost");
        };
    CommandRun run = CommandRun.withServer(home, Map.of(), broken);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("lost", "TALCHUM_DEBUG=1").hasLineCount(1);
    assertThat(CommandRun.withServer(home, Map.of("TALCHUM_DEBUG", "1"), broken).err())
        .contains("\tat io.talchum.cli.");
  }

  @Test
  void saysItsVersion() {
    CommandRun run = CommandRun.of(home, "--version");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("Talchum ");
  }

  private void assertUsage(String sentence, String... args) {
    CommandRun run = CommandRun.of(home, args);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualToIgnoringNewLines(sentence);
    assertThat(run.settings()).isEmpty();
  }
}
