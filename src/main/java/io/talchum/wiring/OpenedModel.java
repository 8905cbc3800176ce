package io.talchum.wiring;

import io.talchum.conditioning.ServedModel;
import io.talchum.model.ModelExecutor;

/** The base model of this process: how requests see it, and what runs it. */
public record OpenedModel(ServedModel served, ModelExecutor executor) {}
