package io.talchum.api.grpc;

import io.talchum.core.Caller;
import io.talchum.core.ChatRequest;

/** {@code talchum.v1.ChatRequest}. */
final class ChatRequestMapper {
  private ChatRequestMapper() {}

  static ChatRequest map(io.talchum.v1.ChatRequest request, Caller caller) {
    return new ChatRequest(
        request.hasModel() ? request.getModel() : null,
        MixMapper.adapters(request.getAdaptersList()),
        MessageMapper.messages(request.getMessagesList()),
        MessageMapper.template(request.getTemplate()),
        SamplingMapper.map(request.getSampling()),
        request.hasN() ? request.getN() : 1,
        caller);
  }
}
