#include "backend/engine/importing/importer.h"

#include "backend/engine/failure.h"
#include "backend/engine/files.h"
#include "backend/engine/importing/foreign_files.h"
#include "backend/engine/importing/normalisation_check.h"
#include "backend/engine/text.h"
#include "backend/models/card.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::engine {

namespace fs = std::filesystem;
using protocol::Finding;

namespace {

constexpr std::size_t kAccuraciesKept = 32;

void find(ImportReport& report, Finding::Level level, std::string text)
{
    report.findings.push_back({level, std::move(text)});
}

std::string sentenceOfCurrent(const char* what)
{
    return failureSentence(std::current_exception(), what);
}

bool hasProblem(const ImportReport& report)
{
    return std::ranges::any_of(report.findings,
                               [](const Finding& f) { return f.level == Finding::Level::Problem; });
}

std::string list(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Names of formats for people, in a row.
template <class Formats>
std::string titles(const Formats& formats)
{
    std::vector<std::string> words;
    for (const auto* format : formats)
        words.emplace_back(format->title);
    return list(words);
}

std::string given(const Json& values, const char* key)
{
    const auto it = values.find(key);
    return it != values.end() && it->is_string() ? it->get<std::string>() : std::string();
}

} // namespace

Json toJson(const ImportReport& report)
{
    return {{"kind", report.kind},
            {"format", report.format},
            {"title", report.title},
            {"schema", protocol::toJson(report.form.schema)},
            {"values", report.form.values},
            {"asks", report.asks},
            {"findings", protocol::toJson(report.findings)},
            {"details", report.details}};
}

Importer::Importer(Inputs& inputs, const Workspace& workspace, attacks::ScriptedAttacks& attacks)
    : m_inputs(inputs)
    , m_workspace(workspace)
    , m_attacks(attacks)
{}

const Importer::Found& Importer::inspected(const fs::path& path)
{
    const auto stamp = stampOf(path);
    if (m_found && m_found->path == path && stamp && m_found->stamp == stamp)
        return *m_found;
    const auto found = std::make_shared<Found>();
    found->path = path;
    found->stamp = stamp;
    found->by = recognise(path);
    try {
        if (found->by.model)
            found->model = found->by.model->inspect(path, {});
        else if (found->by.data)
            found->data = found->by.data->inspect(path, {});
        else if (found->by.attack)
            found->attack = m_attacks.inspect(path);
    } catch (...) {
        found->problem = sentenceOfCurrent("reading it");
    }
    m_found = found;
    return *m_found;
}

ImportReport Importer::inspect(const fs::path& given, const Json& values)
{
    const std::lock_guard lock(m_mutex);
    const fs::path path = fs::absolute(given).lexically_normal();
    const Found& found = inspected(path);
    ImportReport report;
    if (found.by.model) {
        report.kind = "model";
        report.format = found.by.model->name;
        report.title = found.by.model->title;
        inspectModel(path, values, report);
    } else if (found.by.data) {
        report.kind = "data";
        report.format = found.by.data->name;
        report.title = found.by.data->title;
        inspectData(path, values, report);
    } else if (found.by.attack) {
        inspectAttack(path, values, report);
    } else if (!found.by.problem.empty()) {
        find(report, Finding::Level::Problem, found.by.problem);
    } else {
        find(report, Finding::Level::Problem,
             "Nothing here recognises " + path.filename().string() +
                 ". See `assay-cli import --help` for the kinds of models and images that can be read.");
        report.details = {{"models", titles(models::modelFormats())},
                          {"images", titles(data::dataFormats())}};
    }
    return report;
}

std::vector<std::string> Importer::takenNames(const std::string& kind) const
{
    std::vector<std::string> names;
    if (kind == "model") {
        for (const models::ModelCard& card : m_inputs.models().list())
            names.push_back(card.name);
    } else if (kind == "attack") {
        for (const attacks::ScriptRecord& record : m_attacks.records())
            names.push_back(record.name);
    } else {
        for (const data::DatasetInfo& info : m_inputs.allDatasets())
            names.push_back(info.name);
    }
    return names;
}

fs::path Importer::folderOf(const std::string& kind) const
{
    return kind == "model"    ? m_workspace.models()
           : kind == "attack" ? m_workspace.attacks()
                              : m_workspace.data();
}

fs::path Importer::cardOf(const std::string& kind, const std::string& name) const
{
    return folderOf(kind) / (name + ".json");
}

/// Lays the user's values over what was found, and looks at the name.
void Importer::finish(ImportReport& report, const Json& values, const std::string& name)
{
    for (auto& [key, value] : report.form.values.items()) {
        const auto it = values.find(key);
        if (it != values.end() && !it->is_null())
            value = *it;
    }
    report.form.values["name"] = name;
    try {
        requireName(name);
        const auto taken = takenNames(report.kind);
        std::error_code code;
        if (std::ranges::find(taken, name) != taken.end() || fs::exists(cardOf(report.kind, name), code))
            throw Error("there is already " + withArticle(report.kind) + " '" + name + "'", "name",
                        "Choose another name.");
    } catch (const Error& error) {
        find(report, Finding::Level::Problem, error.what());
    }
}

void Importer::inspectModel(const fs::path& path, const Json& values, ImportReport& report)
{
    const Found& base = *m_found;
    models::ModelImport found = base.model;
    std::shared_ptr<const data::Dataset> dataset;
    if (base.problem.empty()) {
        try {
            models::ModelCorrections corrections = modelCorrections(values, base.model);
            const std::string named = corrections.dataset.value_or(base.model.card.dataset);
            if (!named.empty())
                dataset = m_inputs.dataset(named);
            const auto& classes = base.model.card.classes;
            const bool open = classes.empty() || std::ranges::count(base.model.asks, "classes") > 0;
            const bool detects = base.model.card.task == models::Task::Detection;
            if (dataset && !corrections.classes) {
                const auto& names = detects ? dataset->info().boxClasses : dataset->info().classes;
                if (!names.empty() && (open || classes.size() == names.size()))
                    corrections.classes = names;
            }
            found = base.by.model->inspect(path, corrections);
        } catch (...) {
            find(report, Finding::Level::Problem, sentenceOfCurrent("reading it"));
        }
    } else {
        find(report, Finding::Level::Problem, base.problem);
    }
    models::ModelCard& card = found.card;
    if (given(values, "name").empty())
        card.name = suggestedName(path, takenNames("model"));
    else
        card.name = given(values, "name");
    if (card.title.empty())
        card.title = path.stem().string();
    if (dataset)
        card.dataset = dataset->info().name;
    card.format = report.format;
    card.file = path.string();
    report.form = formOf(found);
    report.asks = found.asks;
    report.findings.insert(report.findings.end(), found.findings.begin(), found.findings.end());
    report.details = found.details;
    report.model = card;
    finish(report, values, card.name);
    if (dataset && report.asks.empty() && !hasProblem(report))
        measure(report, dataset);
}

void Importer::measure(ImportReport& report, const std::shared_ptr<const data::Dataset>& dataset)
{
    const models::ModelCard& card = *report.model;
    if (card.task == models::Task::Detection)
        return;
    const bool predictionsOnly = models::modelFormat(card.format).predictions != nullptr;
    if (const std::string why = mismatch(card, dataset->info()); !why.empty() && !predictionsOnly) {
        find(report, Finding::Level::Warning,
             "Its accuracy cannot be measured on " + dataset->info().name + ": " + why +
                 ". Choose the data set it was trained for.");
        return;
    }
    Json input = models::toJson(card);
    for (const char* key : {"name", "title", "summary", "classes"})
        input.erase(key);
    const std::string key = m_inputs.hashes().of(card.file) + dataset->hash() + input.dump();
    try {
        auto it = m_accuracies.find(key);
        if (it == m_accuracies.end()) {
            if (m_accuracies.size() >= kAccuraciesKept)
                m_accuracies.clear();
            it = m_accuracies.emplace(key, measureAccuracy(*openModel(card, torch::kCPU), dataset)).first;
        }
        report.accuracy = it->second;
        if (it->second.count == 0)
            return;
        find(report, Finding::Level::Info,
             percent(it->second.fraction()) + " of " + std::to_string(it->second.count) + " test images of " +
                 dataset->info().name + " are classified correctly.");
        if (!predictionsOnly) {
            for (Finding& finding : normalisationFindings(card, *dataset, it->second))
                report.findings.push_back(std::move(finding));
        }
    } catch (...) {
        find(report, Finding::Level::Problem, sentenceOfCurrent("running it"));
    }
}

void Importer::inspectData(const fs::path& path, const Json& values, ImportReport& report)
{
    const Found& base = *m_found;
    data::DataImport found = base.data;
    if (base.problem.empty()) {
        try {
            const data::DataCorrections corrections = dataCorrections(values, base.data);
            found = base.by.data->inspect(path, corrections);
        } catch (...) {
            find(report, Finding::Level::Problem, sentenceOfCurrent("reading it"));
        }
    } else {
        find(report, Finding::Level::Problem, base.problem);
    }
    data::DatasetInfo& info = found.card.info;
    info.name =
        given(values, "name").empty() ? suggestedName(path, takenNames("data")) : given(values, "name");
    if (info.title.empty())
        info.title = path.filename().empty() ? path.parent_path().filename().string() : path.stem().string();
    info.format = report.format;
    found.card.location = path;
    report.form = formOf(found);
    report.asks = found.asks;
    report.findings.insert(report.findings.end(), found.findings.begin(), found.findings.end());
    report.details = {{"train", info.trainCount}, {"test", info.testCount}, {"channels", info.channels},
                      {"height", info.height},    {"width", info.width},    {"attributes", info.attributes}};
    report.data = found.card;
    finish(report, values, info.name);
}

Importer::Added Importer::add(const fs::path& path, const Json& values)
{
    const ImportReport report = inspect(path, values);
    const std::lock_guard lock(m_mutex);
    for (const Finding& finding : report.findings) {
        if (finding.level == Finding::Level::Problem)
            throw Error(finding.text.ends_with('.') ? finding.text.substr(0, finding.text.size() - 1)
                                                    : finding.text);
    }
    if (!report.asks.empty())
        throw Error("only you can say its " + list(report.asks), path.string(),
                    "Give " + report.asks.front() + ", for example with --set " + report.asks.front() +
                        "=VALUE");
    Json card;
    fs::path source;
    std::string name;
    if (report.attack) {
        name = report.attack->name;
        source = report.attack->file;
        card = attacks::toJson(*report.attack);
    } else if (report.model) {
        models::ModelCard model = *report.model;
        model.sha256 = m_inputs.hashes().of(model.file);
        if (report.accuracy && report.accuracy->count > 0)
            model.testAccuracy = report.accuracy->fraction();
        if (!report.accuracy)
            openModel(model, torch::kCPU); // throws what a study would say
        name = model.name;
        source = model.file;
        card = models::toJson(model);
        if (model.testAccuracy)
            card["test_accuracy_count"] = report.accuracy->count;
    } else {
        data::DataCard data = *report.data;
        data.sha256 = data::dataFormat(data.info.format).open(data)->hash();
        name = data.info.name;
        source = data.location;
        card = data::toJson(data);
    }
    if (const auto stamp = stampOf(source))
        card["stamp"] = toJson(*stamp);
    writeFileAtomically(cardOf(report.kind, name), card.dump(2) + "\n");
    if (report.attack)
        m_attacks.open(cardOf(report.kind, name));
    return {report.kind, report.attack ? std::string(attacks::kScriptPrefix) + name : name};
}

} // namespace assay::engine
