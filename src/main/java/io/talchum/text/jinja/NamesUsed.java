package io.talchum.text.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which names a body reads: a macro takes more arguments when it looks at them. */
final class NamesUsed {
  private final Set<String> names = new HashSet<>();

  private NamesUsed() {}

  static Set<String> of(List<Statement> body) {
    NamesUsed used = new NamesUsed();
    used.visit(body);
    return used.names;
  }

  private void visit(List<Statement> body) {
    body.forEach(this::visit);
  }

  private void visit(Statement statement) {
    switch (statement) {
      case Statement.Print print -> visit(print.value());
      case Statement.If choice -> {
        choice
            .branches()
            .forEach(
                branch -> {
                  visit(branch.test());
                  visit(branch.body());
                });
        visit(choice.otherwise());
      }
      case Statement.For loop -> {
        visit(loop.iterable());
        visit(loop.test());
        visit(loop.body());
        visit(loop.otherwise());
      }
      case Statement.Set set -> visit(set.value());
      case Statement.SetBlock set -> {
        visit(set.filter());
        visit(set.body());
      }
      case Statement.Macro macro -> {
        macro.signature().defaults().forEach(this::visit);
        visit(macro.body());
      }
      case Statement.CallBlock call -> {
        visit(call.call());
        call.signature().defaults().forEach(this::visit);
        visit(call.body());
      }
      case Statement.FilterBlock block -> {
        visit(block.filter());
        visit(block.body());
      }
      case Statement.With with -> {
        with.values().forEach(this::visit);
        visit(with.body());
      }
      case Statement.Scoped scoped -> visit(scoped.body());
      case Statement.Data data -> {}
      case Statement.OtherTemplate other -> {}
      case Statement.Break stop -> {}
      case Statement.Continue next -> {}
    }
  }

  private void visit(@Nullable Expr expr) {
    switch (expr) {
      case null -> {}
      case Expr.Name name -> names.add(name.name());
      case Expr.Attribute attribute -> visit(attribute.target());
      case Expr.Item item -> {
        visit(item.target());
        visit(item.index());
      }
      case Expr.Slice slice -> {
        visit(slice.start());
        visit(slice.stop());
        visit(slice.step());
      }
      case Expr.Call call -> {
        visit(call.callee());
        visit(call.arguments());
      }
      case Expr.Filtered filtered -> {
        visit(filtered.target());
        visit(filtered.arguments());
      }
      case Expr.Tested tested -> {
        visit(tested.target());
        visit(tested.arguments());
      }
      case Expr.Not not -> visit(not.operand());
      case Expr.Sign sign -> visit(sign.operand());
      case Expr.Binary binary -> {
        visit(binary.left());
        visit(binary.right());
      }
      case Expr.And and -> {
        visit(and.left());
        visit(and.right());
      }
      case Expr.Or or -> {
        visit(or.left());
        visit(or.right());
      }
      case Expr.Compare compare -> {
        visit(compare.first());
        compare.comparisons().forEach(link -> visit(link.operand()));
      }
      case Expr.Concat concat -> concat.parts().forEach(this::visit);
      case Expr.Conditional conditional -> {
        visit(conditional.test());
        visit(conditional.then());
        visit(conditional.otherwise());
      }
      case Expr.ListOf list -> list.items().forEach(this::visit);
      case Expr.TupleOf tuple -> tuple.items().forEach(this::visit);
      case Expr.DictOf dict -> {
        dict.keys().forEach(this::visit);
        dict.values().forEach(this::visit);
      }
      case Expr.Literal literal -> {}
      case Expr.NamespaceTarget target -> {}
    }
  }

  private void visit(Expr.Arguments arguments) {
    arguments.positional().forEach(this::visit);
    arguments.keywords().forEach(keyword -> visit(keyword.value()));
    visit(arguments.starPositional());
    visit(arguments.starKeywords());
  }
}
