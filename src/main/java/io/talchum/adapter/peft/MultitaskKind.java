package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Multitask prompt tuning (arXiv:2303.02861): a shared prompt times, entry by entry, a small
 * product for each task. The request names the task.
 */
final class MultitaskKind implements PeftKind {
  private static final int MAX_TASKS = 1024;

  @Override
  public String type() {
    return "MULTITASK_PROMPT_TUNING";
  }

  @Override
  public KindOptions options() {
    return KindOptions.ofPrompts(
        Set.of("num_tasks", "num_ranks"),
        Set.of(
            "num_attention_heads",
            "num_layers",
            "prompt_tuning_init",
            "prompt_tuning_init_state_dict_path",
            "prompt_tuning_init_task",
            "prompt_tuning_init_text",
            "tokenizer_kwargs",
            "tokenizer_name_or_path"));
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    throw new UnsupportedOperationException("each task has its own primitives");
  }

  @Override
  public boolean hasTasks() {
    return true;
  }

  @Override
  public List<List<AdapterPrimitive>> tasks(PeftSource source) {
    AdapterConfigFields config = source.config();
    int tasks = config.whole("num_tasks", 1, 1, MAX_TASKS);
    int ranks = config.whole("num_ranks", 1, 1, LoraScale.MAX_RANK);
    int hidden = source.base().spec().hiddenSize();
    VirtualTokens tokens = VirtualTokens.read(source);
    Matrix shared = SoftPromptKind.embeddings(source, tokens);
    float[] columns =
        source
            .tensors()
            .values(
                "prefix_task_cols",
                "[num_tasks, num_virtual_tokens, num_ranks]",
                tasks,
                tokens.count(),
                ranks);
    float[] rows =
        source
            .tensors()
            .values("prefix_task_rows", "[num_tasks, num_ranks, hidden]", tasks, ranks, hidden);
    Matrix left = new Matrix(tasks * tokens.count(), ranks, columns);
    Matrix right = new Matrix(tasks * ranks, hidden, rows);
    List<List<AdapterPrimitive>> all = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      Matrix product =
          left.rows(task * tokens.count(), (task + 1) * tokens.count())
              .times(right.rows(task * ranks, (task + 1) * ranks));
      Matrix prompt =
          Matrix.of(
              tokens.count(), hidden, (row, i) -> (double) shared.at(row, i) * product.at(row, i));
      all.add(List.of(new SoftPrompt(tokens.count(), prompt.values())));
    }
    return all;
  }
}
