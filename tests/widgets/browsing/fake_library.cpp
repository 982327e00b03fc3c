#include "fake_library.h"

#include <QTimer>

#include <algorithm>
#include <cstring>

namespace assay::test {

using protocol::Reply;

namespace {

template <class T>
void append(std::vector<std::uint8_t>& bytes, const T& value)
{
    const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
}

void appendText(std::vector<std::uint8_t>& bytes, const std::string& text)
{
    append(bytes, std::uint32_t(text.size()));
    bytes.insert(bytes.end(), text.begin(), text.end());
}

std::string nameOf(qint64 id)
{
    return "shape-" + std::to_string(id) + ".png";
}

const char* captionOf(qint64 id)
{
    return id % 2 ? "a blue square" : "a red disc";
}

const char* const kStyles[] = {"drawn", "painted", "printed"};

} // namespace

FakeLibrary::FakeLibrary(qint64 count, int channels, int side)
    : m_count(count)
    , m_channels(channels)
    , m_side(side)
{}

widgets::EnginePort FakeLibrary::port()
{
    return [this](const std::string& method, const Json& params, QObject* context,
                  widgets::EngineClient::ReplyHandler handler) {
        ++asked;
        if (method == "data.thumbnails") {
            thumbnails += qint64(params.at("ids").size());
            mostIds = std::max(mostIds, qsizetype(params.at("ids").size()));
        }
        Question question{method, params, context, std::move(handler)};
        if (!answersAtOnce) {
            questions.append(std::move(question));
            return;
        }
        QTimer::singleShot(0, context, [this, question] { question.handler(replyTo(question)); });
    };
}

void FakeLibrary::answer(int position)
{
    const Question question = questions.takeAt(position);
    if (question.context)
        question.handler(replyTo(question));
}

void FakeLibrary::answerAll()
{
    while (!questions.isEmpty())
        answer();
}

Reply FakeLibrary::replyTo(const Question& question) const
{
    Reply reply{1, true, Json::object(), {}, refusal};
    if (!refusal.empty()) {
        reply.ok = false;
    } else if (question.method == "data.table") {
        reply.result = tableHead();
        reply.bytes = tableBytes();
    } else if (question.method == "data.thumbnails") {
        return thumbnailsOf(question.params);
    } else if (question.method == "data.sample") {
        return sampleOf(question.params);
    } else if (question.method == "model.inspect") {
        reply.result = modelReport();
        if (question.params.at("measure").get<bool>())
            reply.result["imagesPerSecond"] = 12345.0;
    }
    return reply;
}

std::vector<std::uint8_t> FakeLibrary::image(qint64 id, int side) const
{
    std::vector<std::uint8_t> pixels;
    for (int channel = 0; channel < m_channels; ++channel) {
        for (int y = 0; y < side; ++y) {
            for (int x = 0; x < side; ++x)
                pixels.push_back(std::uint8_t((id + 40 * channel + x) % 256));
        }
    }
    return pixels;
}

Reply FakeLibrary::thumbnailsOf(const Json& params) const
{
    const int side = std::min(m_side, params.at("side").get<int>());
    Reply reply{1, true, {{"channels", m_channels}, {"height", side}, {"width", side}}, {}, {}};
    for (const Json& item : params.at("ids")) {
        const qint64 id = item.get<qint64>();
        if (id == unreadable)
            return {1, false, {}, {}, "shape-" + std::to_string(id) + ".png: cannot be decoded."};
        const std::vector<std::uint8_t> pixels = image(id, side);
        reply.bytes.insert(reply.bytes.end(), pixels.begin(), pixels.end());
    }
    return reply;
}

Reply FakeLibrary::sampleOf(const Json& params) const
{
    const qint64 id = params.at("id").get<qint64>();
    Json predictions = Json::array();
    for (const Json& model : params.at("models")) {
        Json top = {{{"class", "square"}, {"probability", 0.75}}, {{"class", "disc"}, {"probability", 0.25}}};
        const bool canBeAsked = model != "answers-only";
        predictions.push_back(
            {{"model", model},
             {"top", canBeAsked ? top : Json::array()},
             {"error",
              canBeAsked ? "" : "it holds predictions only and no network that an image could be put to"}});
    }
    return {1,
            true,
            {{"channels", m_channels},
             {"height", m_side},
             {"width", m_side},
             {"label", id % 4},
             {"name", nameOf(id)},
             {"caption", captionOf(id)},
             {"attributes", {{"style", kStyles[(id / 4) % 3]}, {"yaw", double(id % 100 - 50)}}},
             {"boxes", {{{"x", 4.0}, {"y", 6.0}, {"width", 12.0}, {"height", 10.0}, {"category", "edge"}}}},
             {"predictions", predictions}},
            image(id, m_side),
            {}};
}

widgets::Catalogue FakeLibrary::catalogue() const
{
    return widgets::readCatalogue({{"datasets",
                                    {{{"name", "shapes"},
                                      {"title", "Shapes of a test"},
                                      {"source", "made by hand"},
                                      {"licence", "CC0-1.0"},
                                      {"note", "Four classes in three styles."},
                                      {"classes", {"disc", "square", "star", "cross"}},
                                      {"train", m_count},
                                      {"test", m_count},
                                      {"channels", m_channels},
                                      {"height", m_side},
                                      {"width", m_side},
                                      {"available", true},
                                      {"problem", ""}},
                                     {{"name", "absent"},
                                      {"title", "Absent"},
                                      {"available", false},
                                      {"problem", "Install the Debian package dataset-absent."}}}},
                                   {"models",
                                    {{{"name", "shapes-cnn"},
                                      {"title", "Small network for shapes"},
                                      {"summary", "Two convolutions and a head."},
                                      {"dataset", "shapes"},
                                      {"format", "onnx"},
                                      {"file", "shapes-cnn.onnx"},
                                      {"classes", {"disc", "square", "star", "cross"}},
                                      {"accuracy", 0.912},
                                      {"parameters", 107354},
                                      {"sha256", "ab"}},
                                     {{"name", "answers-only"},
                                      {"title", "Answers only"},
                                      {"dataset", "shapes"},
                                      {"format", "predictions"},
                                      {"predictionsOnly", true}}}}});
}

Json FakeLibrary::tableHead() const
{
    return {{"count", m_count},
            {"classes", {"disc", "square", "star", "cross"}},
            {"channels", m_channels},
            {"height", m_side},
            {"width", m_side},
            {"boxClasses", {"edge"}},
            {"columns",
             {{{"name", "label"}, {"type", "i32"}, {"values", nullptr}},
              {{"name", "style"}, {"type", "i32"}, {"values", {"drawn", "painted", "printed"}}},
              {{"name", "yaw"}, {"type", "f64"}, {"values", nullptr}},
              {{"name", "#name"}, {"type", "text"}, {"values", nullptr}},
              {{"name", "#caption"}, {"type", "text"}, {"values", nullptr}}}}};
}

std::vector<std::uint8_t> FakeLibrary::tableBytes() const
{
    std::vector<std::uint8_t> bytes;
    for (qint64 i = 0; i < m_count; ++i)
        append(bytes, std::int32_t(i % 4));
    for (qint64 i = 0; i < m_count; ++i)
        append(bytes, std::int32_t(i / 4 % 3));
    for (qint64 i = 0; i < m_count; ++i)
        append(bytes, double(i % 100 - 50));
    for (qint64 i = 0; i < m_count; ++i)
        appendText(bytes, nameOf(i));
    for (qint64 i = 0; i < m_count; ++i)
        appendText(bytes, captionOf(i));
    return bytes;
}

Json FakeLibrary::modelReport()
{
    const auto layer = [](const char* path, const char* kind, int parameters, Json macs, Json output) {
        return Json{
            {"path", path}, {"kind", kind}, {"parameters", parameters}, {"macs", macs}, {"output", output}};
    };
    Json counts = Json::array();
    for (int i = 0; i < 32; ++i)
        counts.push_back(i * (31 - i));
    const auto parameter = [&counts](const char* name, Json shape) {
        return Json{{"name", name}, {"shape", shape}, {"mean", 0.25},    {"std", 0.5},
                    {"min", -1.0},  {"max", 1.5},     {"counts", counts}};
    };
    return {{"model", {{"name", "shapes-cnn"}}},
            {"tree",
             {layer("features", "Group", 4800, 1000000, {16, 28, 28}),
              layer("features.0", "Convolution 3 x 3", 448, 350000, {16, 28, 28}),
              layer("features.1", "Batch normalisation", 64, nullptr, {16, 28, 28}),
              layer("head", "Fully connected", 102554, 102400, {4})}},
            {"parameters", {parameter("features.0.weight", {16, 3, 3, 3}), parameter("head.bias", {4})}},
            {"taps", {"features.0", "features.1", "head"}},
            {"input",
             {{"channels", 3},
              {"height", 224},
              {"width", 224},
              {"mean", {0.485, 0.456, 0.406}},
              {"stddev", {0.229, 0.224, 0.225}},
              {"scale", 1.0},
              {"bgr", false}}},
            {"output", {1, 4}},
            {"macs", 1102400},
            {"parameterCount", 107354},
            {"findings",
             {{{"level", "info"}, {"text", "Expects 3 x 224 x 224 images. Pixels go in as they are."}},
              {{"level", "info"}, {"text", "Its batch normalisation was folded."}},
              {{"level", "warning"}, {"text", "One weight is not a number. Export the model again."}}}}};
}

} // namespace assay::test
