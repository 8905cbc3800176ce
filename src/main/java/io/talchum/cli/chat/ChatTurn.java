package io.talchum.cli.chat;

/**
 * One message of a conversation.
 *
 * @param role as the wire spells it: system, user, assistant
 */
record ChatTurn(String role, String content) {}
