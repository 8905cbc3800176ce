package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.talchum.core.Caller;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The OpenAPI page says what the server takes and gives. */
@QuarkusTest
class OpenApiTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":2%s}";
  private static final String COMPLETION = "{\"prompt\":\"ab\",\"max_tokens\":2%s}";

  private JsonNode page = MAPPER.missingNode();

  @BeforeEach
  void read() throws IOException {
    page = MAPPER.readTree(given().accept("application/json").get("/openapi").asString());
  }

  @Test
  void comesInTheFormatThatIsAskedFor() throws IOException {
    assertDocument("application/yaml", given().accept("*/*").get("/openapi"));
    assertDocument("application/yaml", given().accept("text/html").get("/openapi"));
    assertDocument(
        "application/yaml",
        given().accept("application/json;q=0.5, application/yaml").get("/openapi"));
    assertDocument(
        "application/json",
        given().accept("application/yaml;q=0.5, application/json").get("/openapi"));
    assertDocument("application/json", given().accept("*/*").get("/openapi?format=json"));
    assertDocument(
        "application/yaml", given().accept("application/json").get("/openapi?format=yaml"));
    given()
        .get("/openapi?format=toml")
        .then()
        .statusCode(400)
        .body("error.param", equalTo("format"))
        .body("error.message", equalTo("format has to be yaml or json, not toml"));
  }

  private void assertDocument(String type, Response answer) throws IOException {
    answer.then().statusCode(200).header("Vary", "Accept");
    assertThat(answer.contentType()).startsWith(type);
    ObjectMapper reader = type.endsWith("json") ? MAPPER : new ObjectMapper(new YAMLFactory());
    assertThat(reader.readTree(answer.asByteArray())).isEqualTo(page);
  }

  @Test
  void namesTheFieldsThatAreTaken() {
    RequestFields.byRoute()
        .forEach(
            (route, table) ->
                assertFields(
                    page.at("/paths")
                        .path(route)
                        .at("/post/requestBody/content")
                        .path("application/json")
                        .path("schema"),
                    table));
    assertFields(schema("Message"), MessageMapper.MESSAGE);
    assertFields(schema("ToolCall"), ToolMapper.CALL);
    assertFields(schema("StreamOptions"), StreamChoice.OPTIONS);
  }

  /** A value of another type than the documented is refused by name. */
  @Test
  void namesTheTypesThatAreTaken() throws IOException {
    for (String name : List.of("ChatRequest", "CompletionRequest")) {
      for (var field : schema(name).path("properties").properties()) {
        JsonNode type = resolved(field.getValue());
        if (type.isEmpty()) {
          continue; // accepted without a look
        }
        ObjectNode body =
            (ObjectNode)
                MAPPER.readTree((name.startsWith("Chat") ? CHAT : COMPLETION).formatted(""));
        body.set(field.getKey(), other(type.path("type").asText("oneOf")));
        ServeException refused = catchThrowableOfType(ServeException.class, () -> map(name, body));
        assertThat(refused).as("%s.%s", name, field.getKey()).isNotNull();
        assertThat(refused.param().orElse("")).isEqualTo(field.getKey());
      }
    }
  }

  @Test
  void namesTheFieldsOfAnswers() throws IOException {
    assertAnswer("ChatAnswer", post("/v1/chat/completions", CHAT, ""));
    assertAnswer(
        "ChatAnswer", post("/v1/chat/completions", CHAT, ",\"logprobs\":true,\"top_logprobs\":2"));
    assertAnswer("CompletionAnswer", post("/v1/completions", COMPLETION, ",\"logprobs\":1"));
    assertAnswer("Tokens", post("/tokenize", "{\"prompt\":\"ab\"%s}", ""));
    assertAnswer(
        "Tokens", post("/tokenize", "{\"prompt\":\"ab\"%s}", ",\"return_token_strs\":true"));
    assertAnswer("DetokenizedText", post("/detokenize", "{\"tokens\":[97]%s}", ""));
    assertAnswer("Error", post("/detokenize", "{\"tokens\":97%s}", ""));
    assertAnswer("ModelList", get("/v1/models"));
    assertAnswer("Model", get("/v1/models/lora_qv"));
    assertAnswer("AdapterList", get("/v1/adapters"));
    assertAnswer("Adapter", get("/v1/adapters/lora_qv"));
    assertAnswer("TokenizerInfo", get("/tokenizer_info"));
    assertAnswer("Health", get("/health"));
    assertAnswer("Version", get("/version"));
  }

  @Test
  void namesTheFieldsOfEvents() throws IOException {
    String asked = ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"logprobs\":";
    assertEvents("ChatChunk", "/v1/chat/completions", CHAT.formatted(asked + "true"));
    assertEvents("CompletionChunk", "/v1/completions", COMPLETION.formatted(asked + "1"));
  }

  @Test
  void namesEveryRoute() {
    Set<String> paths = new TreeSet<>();
    page.path("paths").fieldNames().forEachRemaining(paths::add);
    assertThat(paths)
        .containsAll(RequestFields.byRoute().keySet())
        .allSatisfy(
            path ->
                assertThat(
                        given()
                            .get(
                                path.replace("{id}", "letters")
                                    .replace("{name}", "lora_qv")
                                    .replace("{version}", "0123456789abcdef"))
                            .statusCode())
                    .isIn(200, 405));
  }

  private void assertEvents(String schema, String path, String body) throws IOException {
    String stream = given().contentType("application/json").body(body).post(path).asString();
    List<JsonNode> events = new ArrayList<>();
    for (String event : stream.split("\n\n")) {
      if (event.startsWith("data: {")) {
        events.add(MAPPER.readTree(event.substring("data: ".length())));
      }
    }
    assertThat(events).hasSizeGreaterThan(3);
    events.forEach(event -> assertAnswer(schema, event));
  }

  private void assertAnswer(String schema, JsonNode answer) {
    assertMatches(schema, schema(schema), answer);
  }

  /** Every field is documented, every required one is there, and types are as said. */
  private void assertMatches(String where, JsonNode documented, JsonNode value) {
    JsonNode schema = resolved(documented);
    assertThat(types(schema)).as(where).contains(kind(value));
    if (schema.has("enum")) {
      assertThat(schema.path("enum")).as(where).contains(value);
    }
    if (value.isArray()) {
      value.forEach(element -> assertMatches(where + "[]", schema.path("items"), element));
    } else if (value.isObject() && schema.has("properties")) {
      assertThat(names(schema.path("properties"))).as(where).containsAll(names(value));
      schema
          .path("required")
          .forEach(name -> assertThat(names(value)).as(where).contains(name.asText()));
      for (var field : value.properties()) {
        assertMatches(
            where + "." + field.getKey(),
            schema.path("properties").path(field.getKey()),
            field.getValue());
      }
    }
  }

  private static Set<String> types(JsonNode schema) {
    Set<String> types = new TreeSet<>();
    JsonNode type = schema.path("type");
    if (type.isArray()) {
      type.forEach(one -> types.add(one.asText()));
    } else {
      types.add(type.asText());
    }
    if (types.contains("number")) {
      types.add("integer");
    }
    return types;
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      default -> "null";
    };
  }

  private void assertFields(JsonNode documented, FieldTable table) {
    JsonNode schema = resolved(documented);
    assertThat(schema.path("additionalProperties").isBoolean()).isTrue();
    assertThat(names(schema.path("properties")))
        .isEqualTo(
            table.fields().stream()
                .filter(field -> field.treatment() != RequestField.Treatment.REFUSED)
                .map(RequestField::name)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static void map(String schema, ObjectNode body) {
    if (schema.startsWith("Chat")) {
      ChatRequestMapper.map(body, Caller.ANONYMOUS);
    } else {
      CompletionRequestMapper.map(body, Caller.ANONYMOUS);
    }
  }

  private static JsonNode other(String type) {
    return type.equals("object")
        ? MAPPER.getNodeFactory().numberNode(1)
        : MAPPER.createObjectNode().put("other", true);
  }

  private JsonNode schema(String name) {
    return page.at("/components/schemas").path(name);
  }

  private JsonNode resolved(JsonNode schema) {
    JsonNode reference = schema.path("$ref");
    return reference.isTextual() ? page.at(reference.asText().replace("#", "")) : schema;
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode get(String path) throws IOException {
    return MAPPER.readTree(given().get(path).asString());
  }

  private static JsonNode post(String path, String body, String more) throws IOException {
    return MAPPER.readTree(
        given().contentType("application/json").body(body.formatted(more)).post(path).asString());
  }
}
