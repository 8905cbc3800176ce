package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.grpc.ServerMethodDefinition;
import io.quarkus.grpc.runtime.GrpcServerRecorder;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.gate.Access;
import io.talchum.api.gate.HttpRoute;
import io.talchum.api.gate.RoutePolicy;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table of routes names every route that exists. */
@QuarkusTest
class RoutePolicyTest {
  @Inject @Nullable Router router;

  @Test
  void namesEveryResource() throws ClassNotFoundException {
    List<String> found = new ArrayList<>();
    for (Class<?> resource : resources()) {
      for (Method method : resource.getDeclaredMethods()) {
        String verb = verb(method);
        if (verb != null) {
          String path = path(resource.getAnnotation(Path.class), method.getAnnotation(Path.class));
          found.add(verb + " " + path);
          assertThat(RoutePolicy.at(path.replace("**", "x").replaceAll("\\{\\w+}", "x")))
              .as("%s %s needs a row in RoutePolicy", verb, path)
              .anyMatch(route -> route.method().equals(verb));
        }
      }
    }
    assertThat(found).contains("GET /health", "POST /v1/chat/completions", "GET /v1/models/**");
  }

  @Test
  void namesEveryRouteOfTheFramework() {
    for (Route route : Objects.requireNonNull(router).getRoutes()) {
      String path = route.getPath();
      if (path != null && !path.equals("/") && !path.isEmpty()) {
        assertThat(RoutePolicy.at(path)).as("%s needs a row in RoutePolicy", path).isNotEmpty();
      }
    }
  }

  @Test
  void namesEveryMethodOfGrpc() {
    List<String> methods =
        GrpcServerRecorder.getServices().stream()
            .flatMap(service -> service.definition.getMethods().stream())
            .map(ServerMethodDefinition::getMethodDescriptor)
            .map(method -> method.getFullMethodName())
            .toList();
    assertThat(methods).contains("talchum.v1.ChatService/Chat", "grpc.health.v1.Health/Check");
    assertThat(methods)
        .allSatisfy(
            method ->
                assertThat(RoutePolicy.method(method))
                    .as("%s needs a row in RoutePolicy", method)
                    .isNotNull());
    assertThat(RoutePolicy.method("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"))
        .isNotNull();
  }

  @Test
  void deniesWhatIsNotThere() {
    assertThat(RoutePolicy.at("/q/swagger-ui")).isEmpty();
    assertThat(RoutePolicy.at("/health/x")).isEmpty();
    assertThat(RoutePolicy.method("grpc.health.v1.Health/../Check")).isNull();
    assertThat(RoutePolicy.method("nothing")).isNull();
    assertThat(RoutePolicy.HTTP.stream().filter(route -> route.access() == Access.OPEN))
        .extracting(HttpRoute::path)
        .containsExactly("/health");
  }

  private static Set<Class<?>> resources() throws ClassNotFoundException {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.talchum.api");
    Set<Class<?>> found = new java.util.HashSet<>();
    for (var each : classes) {
      if (each.isAnnotatedWith(Path.class)) {
        found.add(Class.forName(each.getName()));
      }
    }
    return found;
  }

  private static @Nullable String verb(Method method) {
    return Arrays.stream(method.getAnnotations())
        .map(Annotation::annotationType)
        .map(type -> type.getAnnotation(HttpMethod.class))
        .filter(Objects::nonNull)
        .map(HttpMethod::value)
        .findFirst()
        .orElse(null);
  }

  private static String path(Path resource, @Nullable Path method) {
    String joined = resource.value() + (method == null ? "" : "/" + method.value());
    String path = ("/" + joined).replaceAll("/+", "/").replaceAll("\\{\\w+: \\.\\+}", "**");
    return path.length() > 1 ? path.replaceAll("/$", "") : path;
  }
}
