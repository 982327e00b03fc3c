#include "backend/engine/importing/importer.h"
#include "backend/protocol/error.h"

#include <algorithm>

// The part of Importer that takes in scripted attacks.

namespace assay::engine {

namespace fs = std::filesystem;
using protocol::Finding;

namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
}

std::vector<std::string> normNames(const attacks::AttackInfo& info)
{
    std::vector<std::string> names;
    for (const attacks::Norm norm : info.norms)
        names.push_back(attacks::normName(norm));
    return names;
}

/// "An attack in linf and l2 with the parameters decay and gain and a transform."
std::string described(const attacks::ScriptAttack& attack)
{
    std::vector<std::string> names;
    for (const protocol::Field& field : attack.parameters)
        names.push_back(field.name);
    const char* count = names.size() == 1 ? "the parameter " : "the parameters ";
    return "An attack in " + joined(normNames(attack.entry.info)) + ", " +
           (names.empty() ? "without parameters" : "with " + (count + joined(names))) +
           (attack.transforms ? " and with a transform of the images." : " and without a transform.");
}

Json detailsOf(const attacks::ScriptAttack& attack)
{
    const attacks::AttackInfo& info = attack.entry.info;
    Json parameters = Json::array();
    for (const protocol::Field& field : attack.parameters)
        parameters.push_back({{"name", field.name}, {"default", field.defaultValue}});
    return {{"norms", normNames(info)}, {"transform", attack.transforms}, {"parameters", parameters},
            {"summary", info.summary},  {"reference", info.reference},    {"sha256", info.sha256}};
}

} // namespace

void Importer::inspectAttack(const fs::path& path, const Json& values, ImportReport& report)
{
    const Found& base = *m_found;
    report.kind = "attack";
    report.format = "torchscript";
    report.title = "TorchScript attack";
    const auto find = [&](Finding::Level level, std::string text) {
        report.findings.push_back({level, std::move(text)});
    };
    attacks::AttackInfo info = base.attack.entry.info;
    info.id = std::string(attacks::kScriptPrefix) + suggestedName(path, takenNames("attack"));
    if (base.problem.empty()) {
        const std::string seconds = std::to_string(attacks::kScriptTrialTime.count());
        find(Finding::Level::Info, described(base.attack));
        find(Finding::Level::Info,
             "Tried for two steps on random grey (28 x 28) and coloured (32 x 32) images: "
             "every call answered within " +
                 seconds + " seconds and gave sound numbers.");
        if (!base.attack.warning.empty())
            find(Finding::Level::Warning, base.attack.warning);
        report.details = detailsOf(base.attack);
    } else {
        info.title = path.stem().string();
        find(Finding::Level::Problem, base.problem);
    }
    const std::string ownTitle = info.title;
    try {
        info = correctedAttack(values, std::move(info));
    } catch (const Error& error) {
        find(Finding::Level::Problem, error.what());
    }
    report.form = formOf(info);
    // A title that is the script's own is left to the script.
    report.attack = attacks::AttackCard{.name = scriptName(info.id),
                                        .title = info.title == ownTitle ? std::string() : info.title,
                                        .file = path,
                                        .sha256 = info.sha256};
    finish(report, values, report.attack->name);
}

} // namespace assay::engine
