// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <vector>

namespace belfry::cli {
namespace {

constexpr std::string_view kHead =
    R"(# bash completion for belfry; made by: belfry completion bash
_belfry() {
  local word=${COMP_WORDS[COMP_CWORD]} before= path= i
  COMPREPLY=()
  [[ $word == = ]] && word=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    # bash splits words at = and :, which belong to values.
    case ${COMP_WORDS[i]} in
      [=:]) continue ;;
    esac
    case $before in
)";
constexpr std::string_view kPaths = R"( before= ; continue ;;
    esac
    before=${COMP_WORDS[i]}
    case "$path ${COMP_WORDS[i]}" in
)";
constexpr std::string_view kValues = R"(    esac
  done
  case $before in
)";
constexpr std::string_view kWords = R"(  esac
  case $path in
)";
constexpr std::string_view kTail = R"(  esac
}
complete -F _belfry belfry
)";

void CollectValueOptions(const CommandReference& command, std::set<std::string>& names) {
  for (const OptionReference& option : command.options) {
    if (!option.value.empty()) names.insert(option.name);
  }
  for (const CommandReference& each : command.commands) CollectValueOptions(each, names);
}

// The words before a command, as the script gathers them: " session kick".
std::string PathOf(const CommandReference& command, const CommandReference& belfry) {
  return command.path.substr(belfry.path.size());
}

void AddPaths(const CommandReference& command, const CommandReference& belfry,
              std::string& script) {
  for (const CommandReference& each : command.commands) {
    const std::string path = PathOf(each, belfry);
    script += fmt::format("      \"{0}\") path=\"{0}\" ;;\n", path);
    AddPaths(each, belfry, script);
  }
}

void AddWords(const CommandReference& command, const CommandReference& belfry,
              std::string& script) {
  std::vector<std::string> words;
  for (const CommandReference& each : command.commands) words.push_back(each.name);
  for (const OptionReference& option : command.options) words.push_back(option.name);
  if (&command != &belfry) {
    for (const OptionReference& option : belfry.options) {
      if (option.name != "--version" && option.name != "--help") words.push_back(option.name);
    }
  }
  if (command.name == "completion") words.push_back("bash");
  script += fmt::format("    \"{}\") COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n",
                        PathOf(command, belfry), fmt::join(words, " "));
  for (const CommandReference& each : command.commands) AddWords(each, belfry, script);
}

}  // namespace

std::string BashCompletion(const CommandReference& belfry) {
  std::set<std::string> with_value;
  CollectValueOptions(belfry, with_value);
  const std::string values = fmt::format("{}", fmt::join(with_value, "|"));
  std::string script(kHead);
  script += fmt::format("      {})", values);
  script += kPaths;
  AddPaths(belfry, belfry, script);
  script += kValues;
  script +=
      "    --tls-ca|--tls-cert|--tls-key) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
      "    --ack) COMPREPLY=($(compgen -W 'none accepted' -- \"$word\")); return ;;\n"
      "    --overflow) COMPREPLY=($(compgen -W 'drop-oldest drop-newest conflate disconnect' -- "
      "\"$word\")); return ;;\n"
      "    --server) COMPREPLY=($(compgen -W \"127.0.0.1:7450\" -- \"$word\")); return ;;\n";
  script += fmt::format("    {}) return ;;\n", values);
  script += kWords;
  AddWords(belfry, belfry, script);
  script += kTail;
  return script;
}

}  // namespace belfry::cli
