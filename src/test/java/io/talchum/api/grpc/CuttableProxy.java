package io.talchum.api.grpc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/** Passes one connection on, and can lose it without a word. */
final class CuttableProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final Socket server;

  CuttableProxy(URI target) throws IOException {
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    server = new Socket(target.getHost(), target.getPort());
    Thread.ofVirtual().start(this::serve);
  }

  URI root() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** Resets the connection to the server. */
  void cut() throws IOException {
    server.setSoLinger(true, 0);
    server.close();
  }

  @Override
  public void close() throws IOException {
    server.close();
    listener.close();
  }

  private void serve() {
    try (Socket client = listener.accept()) {
      Thread back = Thread.ofVirtual().start(() -> copy(server, client));
      copy(client, server);
      back.join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends with either connection. */
  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // the connection was cut, which is what this class is for
    }
  }
}
