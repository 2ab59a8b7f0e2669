// SPDX-License-Identifier: Apache-2.0
#include "cli/manual_page.h"

#include <fmt/format.h>

namespace belfry::cli {
namespace {

constexpr std::string_view kDescription =
    R"(.B belfry
publishes to and subscribes at a Belfry broker, shows what the broker does, and loads it.
A topic is a name of segments that are separated by dots, as in
.IR town.square .
A filter says which topics a subscription wants: in wildcard syntax
.B *
stands for one segment and a last
.B >
for one or more.
.PP
What is printed for people may change between versions. With
.B \-\-json
every command prints one JSON object a line, whose names and forms stay. Lines are written whole and at once;
.B belfry sub
writes those that wait together.
)";

constexpr std::string_view kTail =
    R"(.SH "EXIT STATUS"
.TP
.B 0
Done.
.B belfry sub
and
.B belfry top
end so by Ctrl\-C, too.
.TP
.B 1
The operation failed; standard error says what is wrong and what to do.
.TP
.B 2
Wrong usage.
.SH ENVIRONMENT
.TP
.B BELFRY_SERVER
The addresses, where
.B \-\-server
is not given.
.TP
.B NO_COLOR
If it is set and not empty, nothing is coloured. Without it there are colours on terminals only.
.TP
.B TERM
If it is not set or
.IR dumb ,
there are neither colours nor progress, and
.B belfry top
prints JSON.
)";

// "Publish a message."
std::string Sentence(std::string_view text) {
  std::string sentence(text);
  if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z') {
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  }
  return TroffText(sentence) + ".\n";
}

// "\fIFILTER\fR ..." or "[\fIPAYLOAD\fR]".
std::string Synopsis(const CommandReference& command) {
  std::string text = fmt::format("\\fB{}\\fR", TroffText(command.path));
  for (const OptionReference& each : command.positionals) {
    const std::string name = fmt::format("\\fI{}\\fR{}", each.name, each.repeated ? " ..." : "");
    text += each.required ? " " + name : " [" + name + "]";
  }
  return text;
}

void AddOption(const OptionReference& option, std::string& page) {
  page += fmt::format(".TP\n\\fB{}\\fR{}\n", TroffText(option.name),
                      option.value.empty() ? "" : " \\fI" + TroffText(option.value) + "\\fR");
  page += Sentence(option.description);
}

void AddExamples(const CommandReference& command, std::string& page) {
  if (command.examples.empty()) return;
  page += ".PP\nExamples:\n.PP\n.nf\n.RS\n";
  for (const std::string& example : command.examples) page += TroffText(example) + "\n";
  page += ".RE\n.fi\n";
}

void AddCommand(const CommandReference& command, std::string& page) {
  // What only groups others has nothing of its own to say.
  if (command.commands.empty()) {
    page += fmt::format(".SS \"{}\"\n", Synopsis(command));
    page += Sentence(command.description);
    if (!command.prose.empty()) page += ".PP\n" + TroffText(command.prose) + "\n";
    for (const OptionReference& each : command.positionals) {
      page += fmt::format(".TP\n\\fI{}\\fR\n", TroffText(each.name)) + Sentence(each.description);
    }
    for (const OptionReference& each : command.options) {
      if (each.name != "--help") AddOption(each, page);
    }
    AddExamples(command, page);
  }
  for (const CommandReference& each : command.commands) AddCommand(each, page);
}

}  // namespace

std::string TroffText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '`':
        out += "\\(ga";
        break;
      default:
        out += c;
    }
  }
  // A dot at the beginning of a line would be a request.
  return !out.empty() && out[0] == '.' ? "\\&" + out : out;
}

std::string ManualPage(const CommandReference& belfry, std::string_view version) {
  std::string page = fmt::format(
      ".\\\" Made from the tree of commands; do not edit.\n"
      ".TH BELFRY 1 \"\" \"Belfry {}\" \"User Commands\"\n"
      ".SH NAME\nbelfry \\- publish, subscribe, and look at a Belfry broker\n"
      ".SH SYNOPSIS\n\\fBbelfry\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n"
      ".SH DESCRIPTION\n",
      version);
  page += kDescription;
  page += ".SH OPTIONS\nThese may stand before or after any command.\n";
  for (const OptionReference& each : belfry.options) AddOption(each, page);
  page +=
      ".PP\nDurations are a whole number and a unit: us, ms, s, m, h or d, as in 250ms.\n"
      ".SH COMMANDS\n";
  for (const CommandReference& each : belfry.commands) AddCommand(each, page);
  page += kTail;
  page += ".SH EXAMPLES\nA broker that is starting, a subscriber and a message:\n.PP\n.nf\n.RS\n";
  for (const std::string& example : belfry.examples) page += TroffText(example) + "\n";
  page += ".RE\n.fi\n.SH \"SEE ALSO\"\n.BR belfryd (8)\n";
  return page;
}

}  // namespace belfry::cli
