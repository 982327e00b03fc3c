#include "backend/engine/importing/import_form.h"

#include "backend/engine/importing/layout_fields.h"
#include "backend/engine/importing/option_fields.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/detection/coco_names.h"
#include "backend/models/detection/output_layout.h"
#include "backend/models/onnx/onnx_format.h"
#include "backend/models/tfjs/tfjs_format.h"
#include "backend/models/torchscript/torchscript_format.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/protocol/params.h"

#include <algorithm>
#include <array>

namespace assay::engine {

using protocol::Field;
using protocol::FieldBuilder;
using protocol::FieldType;

namespace {

constexpr std::size_t kLongestName = 80;
constexpr double kMostChannels = 4;
constexpr double kMostPixels = 4096;
constexpr const char* kNumberedNames = "numbers";

bool asked(const std::vector<std::string>& asks, const std::string& field)
{
    return std::ranges::find(asks, field) != asks.end();
}

/// Adds fields with their values; a field that is asked for may be null and is so until it is given.
class FormMaker
{
public:
    explicit FormMaker(const std::vector<std::string>& asks)
        : m_asks(asks)
    {}

    FieldBuilder add(std::string name, FieldType type, const Json& value, bool optional = false)
    {
        const bool open = asked(m_asks, name);
        Field field;
        field.name = name;
        field.type = type;
        field.optional = optional || open;
        field.defaultValue = open ? Json() : value;
        form.values[name] = field.defaultValue;
        form.schema.fields.push_back(std::move(field));
        return FieldBuilder(&form.schema.fields.back()).label(std::move(name));
    }
    FieldBuilder addList(std::string name, FieldType type, const Json& value)
    {
        const FieldBuilder builder = add(std::move(name), type, value, true);
        form.schema.fields.back().list = true;
        form.schema.fields.back().minItems = 0;
        return builder;
    }

    ImportForm form;

private:
    const std::vector<std::string>& m_asks;
};

void addNaming(FormMaker& make, const std::string& name, const std::string& title, const char* what)
{
    make.add("name", FieldType::Text, name)
        .label("Name")
        .group("Name")
        .help(std::string("How studies and the command line call this ") + what +
              ": lower case letters, digits and '-'.");
    make.add("title", FieldType::Text, title)
        .label("Title")
        .group("Name")
        .help("What lists and figures show.");
}

void addClasses(FormMaker& make, const std::vector<std::string>& classes, const char* help)
{
    make.addList("classes", FieldType::Text, classes.empty() ? Json() : Json(classes))
        .label("Classes")
        .group("Classes")
        .help(help);
}

void addInput(FormMaker& make, const models::InputSpec& input)
{
    make.add("channels", FieldType::Integer, input.channels)
        .label("Channels")
        .range(1, kMostChannels)
        .group("Input")
        .help("1 for grey images, 3 for colour.");
    make.add("height", FieldType::Integer, input.height)
        .label("Height")
        .unit("pixels")
        .range(1, kMostPixels)
        .group("Input");
    make.add("width", FieldType::Integer, input.width)
        .label("Width")
        .unit("pixels")
        .range(1, kMostPixels)
        .group("Input");
    make.addList("mean", FieldType::Real, input.mean)
        .label("Mean")
        .group("Normalisation")
        .help("Subtracted from each channel after scaling; 0 when the network does it itself.");
    make.addList("stddev", FieldType::Real, input.stddev)
        .label("Standard deviation")
        .group("Normalisation")
        .help("Each channel is divided by it; 1 when the network does it itself.");
    make.add("scale", FieldType::Real, input.scale)
        .label("Scale")
        .range(1e-6, 1e6)
        .group("Normalisation")
        .help("Pixels in [0,1] are multiplied by it first: 255 for networks that take 0 to 255.");
    make.add("bgr", FieldType::Bool, input.bgr)
        .label("Blue first")
        .group("Normalisation")
        .help("The network takes its channels in the order blue, green, red.");
}

/// Kinds of network files whose answer a card describes; built-in architectures know their own.
bool hasLayout(const models::ModelCard& card, const std::vector<std::string>& asks)
{
    return card.format == models::kOnnxFormat.name || card.format == models::kTfjsFormat.name ||
           card.format == models::kTorchScriptFormat.name || asked(asks, "layout");
}

void addLayout(FormMaker& make, const models::ModelCard& card)
{
    std::vector<std::string> choices = {models::kClassesLayout};
    std::vector<std::string> labels = {"Classes of the whole image"};
    for (const std::string& name : models::layoutNames()) {
        choices.push_back(name);
        labels.push_back(models::layoutTitle(name));
    }
    const bool detects = card.task == models::Task::Detection;
    make.add("layout", FieldType::Choice, detects ? card.output.at("layout") : Json(models::kClassesLayout))
        .label("Answers with")
        .choices(std::move(choices), std::move(labels))
        .group("Answer")
        .help("What the network gives for an image: a class, or boxes, and how they are laid out.");
    if (!detects)
        return;
    for (const protocol::Field& field : layoutFields(card.output)) {
        make.form.values[field.name] = field.defaultValue;
        make.form.schema.fields.push_back(field);
    }
}

/// What was given, checked by the fields it is for; what a file says may be out of a form's ranges.
/// @throws Error with validated()'s sentence, or naming an unknown field.
Json checkedValues(const ImportForm& form, const Json& values)
{
    Json given = Json::object();
    protocol::Schema schema;
    std::vector<std::string> known;
    for (const Field& field : form.schema.fields)
        known.push_back(field.name);
    for (const auto& [key, value] : values.items()) {
        const Field* field = form.schema.find(key);
        if (!field)
            throw Error("'" + key.substr(0, 80) + "' is no field of this import", {},
                        protocol::suggestion(key, known));
        if (value.is_null())
            continue;
        given[key] = value;
        schema.fields.push_back(*field);
    }
    protocol::validated(schema, given);
    return given;
}

template <class T>
void take(const Json& values, const char* key, std::optional<T>& member)
{
    if (const auto it = values.find(key); it != values.end())
        member = it->get<T>();
}

/// A single value stands for a list of one.
template <class T>
void takeList(const Json& values, const char* key, std::optional<std::vector<T>>& member)
{
    const auto it = values.find(key);
    if (it == values.end())
        return;
    std::vector<T> list;
    for (const Json& item : it->is_array() ? *it : Json::array({*it}))
        list.push_back(item.get<T>());
    if (!list.empty())
        member = std::move(list);
}

/// Leaves out of @p values what only repeats the form of the file as found.
void dropRepeated(Json& values, const ImportForm& base, std::initializer_list<const char*> keys)
{
    for (const char* key : keys) {
        const auto found = base.values.find(key);
        if (found != base.values.end() && values.contains(key) && values[key] == *found)
            values.erase(key);
    }
}

} // namespace

ImportForm formOf(const models::ModelImport& found)
{
    FormMaker make(found.asks);
    const models::ModelCard& card = found.card;
    addNaming(make, card.name, card.title, "model");
    if (card.format == "state_dict" || asked(found.asks, "architecture")) {
        const auto& names = models::architectureNames();
        const bool known = std::ranges::find(names, card.architecture) != names.end();
        make.add("architecture", FieldType::Choice, known ? Json(card.architecture) : Json(), true)
            .label("Architecture")
            .choices(names)
            .group("Network")
            .help("The built-in network that these weights belong to.");
    }
    const bool detects = card.task == models::Task::Detection;
    make.add("dataset", FieldType::Dataset, card.dataset.empty() ? Json() : Json(card.dataset), true)
        .label("Data set")
        .group("Classes")
        .wants(detects ? "boxes" : "")
        .help(detects ? "The data set whose objects it finds. Class names are taken from its boxes."
                      : "The data set whose classes it tells apart. Class names are taken from it, and its "
                        "accuracy is measured on up to 2000 of its test images.");
    addClasses(make, card.classes, "One name for each output, in order. Empty: as in the data set.");
    if (detects && card.classes.size() == models::cocoNames().size())
        make.add("class_names", FieldType::Choice,
                 card.classes.front() == "0" ? Json(kNumberedNames) : Json(models::kCocoClassNames))
            .label("Names of the 80")
            .choices({models::kCocoClassNames, kNumberedNames}, {"Those of COCO", "Numbers"})
            .group("Classes")
            .help("What 80 classes are called when no names are given.");
    if (hasLayout(card, found.asks))
        addLayout(make, card);
    // Predictions have no input.
    if (card.input.channels > 0 || asked(found.asks, "channels"))
        addInput(make, card.input);
    return std::move(make.form);
}

ImportForm formOf(const data::DataImport& found)
{
    FormMaker make(found.asks);
    const data::DatasetInfo& info = found.card.info;
    addNaming(make, info.name, info.title, "data set");
    make.add("licence", FieldType::Text, info.licence)
        .label("Licence")
        .group("Name")
        .help("Reports repeat it; \"unknown\" when nobody can tell.");
    make.add("note", FieldType::Text, info.note)
        .label("Note")
        .group("Name")
        .help("What a reader must know of these images: known correlations, doubtful labels.");
    addClasses(make, info.classes, "One name for each class, in the order of the labels.");
    for (const auto& [key, value] : found.card.options.items()) {
        if (!make.form.schema.find(key) && isOption(value)) {
            make.form.values[key] = asked(found.asks, key) ? Json() : value;
            make.form.schema.fields.push_back(optionField(key, make.form.values[key], value));
        }
    }
    for (const std::string& key : found.asks) {
        if (!make.form.schema.find(key)) {
            make.form.values[key] = Json();
            make.form.schema.fields.push_back(optionField(key, Json(), Json("")));
        }
    }
    return std::move(make.form);
}

ImportForm formOf(const attacks::AttackInfo& found)
{
    static const std::vector<std::string> kNothing;
    FormMaker make(kNothing);
    addNaming(make, scriptName(found.id), found.title, "attack");
    make.form.schema.fields.front().help =
        "Studies and the command line call this attack script:NAME: lower case letters, digits and '-'.";
    return std::move(make.form);
}

models::ModelCorrections modelCorrections(const Json& values, const models::ModelImport& base)
{
    const ImportForm form = formOf(base);
    ImportForm allowed = form;
    if (!allowed.schema.find("architecture")) {
        Field field;
        field.name = "architecture";
        field.type = FieldType::Text;
        field.optional = true;
        allowed.schema.fields.push_back(field);
    }
    // What only another layout has.
    if (form.schema.find("layout")) {
        for (const protocol::Field& field : allLayoutFields()) {
            if (!allowed.schema.find(field.name))
                allowed.schema.fields.push_back(field);
        }
    }
    Json given = checkedValues(allowed, values);
    dropRepeated(given, form,
                 {"title", "classes", "class_names", "dataset", "mean", "stddev", "scale", "bgr"});
    models::ModelCorrections corrections;
    take(given, "name", corrections.name);
    take(given, "title", corrections.title);
    take(given, "architecture", corrections.architecture);
    take(given, "dataset", corrections.dataset);
    takeList(given, "classes", corrections.classes);
    take(given, "class_names", corrections.classNames);
    corrections.output = layoutCorrections(given, form.values);
    take(given, "channels", corrections.channels);
    take(given, "height", corrections.height);
    take(given, "width", corrections.width);
    takeList(given, "mean", corrections.mean);
    takeList(given, "stddev", corrections.stddev);
    take(given, "scale", corrections.scale);
    take(given, "bgr", corrections.bgr);
    return corrections;
}

data::DataCorrections dataCorrections(const Json& values, const data::DataImport& base)
{
    const ImportForm form = formOf(base);
    Json given = checkedValues(form, values);
    dropRepeated(given, form, {"title", "classes", "licence", "note"});
    data::DataCorrections corrections;
    take(given, "name", corrections.name);
    take(given, "title", corrections.title);
    take(given, "licence", corrections.licence);
    take(given, "note", corrections.note);
    takeList(given, "classes", corrections.classes);
    for (const char* key : {"name", "title", "licence", "note", "classes"})
        given.erase(key);
    for (const auto& [key, value] : given.items()) {
        const auto found = form.values.find(key);
        if (found == form.values.end() || *found != value)
            corrections.options[key] = value;
    }
    return corrections;
}

attacks::AttackInfo correctedAttack(const Json& values, attacks::AttackInfo found)
{
    const Json given = checkedValues(formOf(found), values);
    if (const auto it = given.find("name"); it != given.end())
        found.id = std::string(attacks::kScriptPrefix) + it->get<std::string>();
    if (const auto it = given.find("title"); it != given.end())
        found.title = it->get<std::string>();
    return found;
}

std::string nounOf(const std::string& kind)
{
    return kind == "data" ? "data set" : kind;
}

std::string withArticle(const std::string& kind)
{
    return (kind == "attack" ? "an " : "a ") + nounOf(kind);
}

std::string scriptName(const std::string& id)
{
    return id.starts_with(attacks::kScriptPrefix) ? id.substr(attacks::kScriptPrefix.size()) : id;
}

std::string suggestedName(const std::filesystem::path& file, const std::vector<std::string>& taken)
{
    std::string name;
    const std::filesystem::path plain = file.filename().empty() ? file.parent_path() : file;
    std::error_code code;
    const bool isFolder = std::filesystem::is_directory(file, code);
    for (const char c : (isFolder ? plain.filename() : plain.stem()).string()) {
        const bool isUpper = c >= 'A' && c <= 'Z';
        const bool isWord = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || isUpper;
        if (isWord)
            name += isUpper ? static_cast<char>(c - 'A' + 'a') : c;
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    name = name.substr(0, kLongestName - 8);
    while (!name.empty() && name.back() == '-')
        name.pop_back();
    if (name.empty())
        name = "imported";
    const std::string stem = name;
    for (int i = 2; std::ranges::find(taken, name) != taken.end(); ++i)
        name = stem + "-" + std::to_string(i);
    return name;
}

void requireName(const std::string& name)
{
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (name.empty() || name.size() > kLongestName || name.front() == '-' ||
        !std::ranges::all_of(name, allowed))
        throw Error("the name '" + name.substr(0, kLongestName) +
                        "' must be of lower case letters, digits and '-', and at most " +
                        std::to_string(kLongestName) + " characters",
                    "name", "Choose another name.");
}

} // namespace assay::engine
