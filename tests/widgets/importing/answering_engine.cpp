#include "answering_engine.h"

namespace assay::test {

using namespace assay::protocol;

widgets::AskEngine AnsweringEngine::ask()
{
    return [this](const std::string& method, const Json& params, QObject* context,
                  widgets::EngineClient::ReplyHandler handler) {
        questions.append({method, params, context, std::move(handler)});
    };
}

void AnsweringEngine::answer(const Json& result, int position)
{
    const Question question = questions.takeAt(position);
    if (question.context)
        question.handler(Reply{1, true, result, {}, {}});
}

void AnsweringEngine::refuse(const std::string& error, int position)
{
    const Question question = questions.takeAt(position);
    if (question.context)
        question.handler(Reply{1, false, {}, {}, error});
}

QString AnsweringEngine::values(int position) const
{
    return jsonText(questions.at(position).params.at("values"));
}

QString jsonText(const Json& json)
{
    return QString::fromStdString(json.dump());
}

namespace {

Field field(const std::string& name, const std::string& label, FieldType type, Json value,
            const std::string& group)
{
    Field f;
    f.name = name;
    f.label = label;
    f.type = type;
    f.defaultValue = std::move(value);
    f.group = group;
    return f;
}

Field pixels(const std::string& name, const std::string& label, const Json& values)
{
    Field f = field(name, label, FieldType::Integer, Json(), "Input");
    f.unit = "pixels";
    f.low = 1;
    f.high = 4096;
    f.optional = !values.contains(name);
    if (values.contains(name))
        f.defaultValue = values.at(name);
    return f;
}

} // namespace

Json sampleInspection(const Json& values)
{
    Schema schema;
    schema.fields = {field("name", "Name", FieldType::Text, "resnet18", "Name"),
                     field("title", "Title", FieldType::Text, "ResNet-18", "Name"),
                     pixels("height", "Height", values), pixels("width", "Width", values)};
    Field mean = field("mean", "Mean", FieldType::Real, {0.485, 0.456, 0.406}, "Normalisation");
    mean.list = true;
    schema.fields.push_back(mean);
    schema.fields.push_back(field("bgr", "Blue first", FieldType::Bool, false, "Normalisation"));
    Json shown = defaults(schema);
    Json asks = Json::array();
    for (const char* name : {"height", "width"}) {
        if (!values.contains(name))
            asks.push_back(name);
    }
    for (const auto& [key, value] : values.items())
        shown[key] = value;
    return {{"kind", "model"},
            {"format", "onnx"},
            {"title", "ONNX"},
            {"schema", toJson(schema)},
            {"values", shown},
            {"asks", asks},
            {"findings",
             {{{"level", "info"}, {"text", "It has 1,000 outputs and 11.7 million parameters."}},
              {{"level", "warning"},
               {"text", "The network subtracts a mean itself; the mean given here would be subtracted twice. "
                        "Set it to 0."}}}},
            {"details",
             {{"opset", 13},
              {"producer", "pytorch 1.13.1"},
              {"missing", {"fc.weight", "fc.bias"}},
              {"misshaped",
               {{{"name", "conv1.weight"}, {"expected", {64, 3, 7, 7}}, {"found", {64, 1, 7, 7}}}}}}}};
}

Json readyInspection()
{
    return sampleInspection({{"height", 224}, {"width", 224}});
}

Json unknownInspection()
{
    return {{"kind", ""},
            {"format", ""},
            {"title", ""},
            {"schema", toJson(Schema())},
            {"values", Json::object()},
            {"asks", Json::array()},
            {"findings", {{{"level", "problem"}, {"text", "Nothing here recognises notes.txt."}}}},
            {"details", {{"models", "ONNX, TorchScript"}, {"images", "Image folder"}}}};
}

} // namespace assay::test
