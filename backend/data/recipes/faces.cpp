#include "backend/data/recipes/faces.h"

#include "backend/imaging/svg.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr int kFaceSide = 64;
constexpr std::int64_t kFacesPerStyle = 2500;
constexpr std::int64_t kTestFaces = 2048; // counted once, checked at every build

const std::vector<std::string> kClasses = {"bare", "glasses", "facial hair", "glasses and facial hair"};

/// A style and the names under which it keeps the two attributes of the class.
struct FaceStyle
{
    const char* name;
    const char* glasses;
    const char* facialHair;
};

constexpr std::array<FaceStyle, 4> kFaceStyles = {{{"avataaars", "accessories", "facialHair"},
                                                   {"adventurer", "glasses", "features"},
                                                   {"micah", "glasses", "facialHair"},
                                                   {"lorelei", "glasses", "beard"}}};

/// Further attributes, under the drawing's own names; a style without one leaves it unknown.
constexpr std::array<std::array<const char*, 2>, 6> kAttributes = {{{"hair", "hair"},
                                                                    {"hair colour", "hairColor"},
                                                                    {"skin colour", "skinColor"},
                                                                    {"eyes", "eyes"},
                                                                    {"mouth", "mouth"},
                                                                    {"clothing", "clothing"}}};

/// Collects one categorical attribute; values get their codes in the order in which they first appear.
class Column
{
public:
    explicit Column(std::string name)
        : m_attribute{.name = std::move(name), .values = {}, .codes = {}, .numbers = {}}
    {}

    void add(const std::string& value)
    {
        if (value.empty()) {
            m_codes.push_back(-1);
            return;
        }
        auto& values = m_attribute.values;
        const auto it = std::ranges::find(values, value);
        m_codes.push_back(static_cast<std::int32_t>(it - values.begin()));
        if (it == values.end())
            values.push_back(value);
    }

    Attribute finish()
    {
        m_attribute.codes = torch::tensor(m_codes, torch::kInt32);
        return m_attribute;
    }

private:
    Attribute m_attribute;
    std::vector<std::int32_t> m_codes;
};

std::string drawn(const Json& extra, const char* key)
{
    const auto it = extra.find(key);
    return it != extra.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// The packages as node looks for them: WORK/node_modules/@dicebear/NAME.
void layOut(const BuildFolders& folders)
{
    const fs::path modules = folders.work / "node_modules/@dicebear";
    fs::create_directories(modules);
    for (const auto& [name, folder] : folders.packages)
        fs::rename(folder, modules / name.substr(name.rfind('/') + 1)); // node resolves links away
}

class FacePainter
{
public:
    FacePainter(const BuildFolders& folders, const BuildHooks& hooks)
        : m_folders(folders)
        , m_hooks(hooks)
        , m_domain("domain")
        , m_glasses("glasses")
        , m_facialHair("facial hair")
    {
        for (const auto& attribute : kAttributes)
            m_columns.emplace_back(attribute[0]);
    }

    void drawStyle(const FaceStyle& style)
    {
        m_hooks.checkpoint();
        std::istringstream lines(
            runProgram("node",
                       {(m_folders.resources / "data/draw_faces.mjs").string(), m_folders.work.string(),
                        style.name, std::to_string(kFacesPerStyle)},
                       m_folders.work, "Install it with `apt-get install nodejs`.", m_hooks.checkpoint));
        std::int64_t number = 0;
        for (std::string line; std::getline(lines, line); ++number)
            add(style, Json::parse(line), number);
    }

    DrawnSet finish()
    {
        m_set.images = torch::stack(m_images);
        m_set.labels = torch::tensor(m_labels);
        for (Column* column : {&m_domain, &m_glasses, &m_facialHair})
            m_set.samples.attributes.push_back(column->finish());
        for (Column& column : m_columns)
            m_set.samples.attributes.push_back(column.finish());
        return std::move(m_set);
    }

private:
    void add(const FaceStyle& style, const Json& face, std::int64_t number)
    {
        if (number % 100 == 0) {
            m_hooks.checkpoint();
            m_hooks.progress(static_cast<double>(m_images.size()),
                             static_cast<double>(kFaceStyles.size()) * kFacesPerStyle,
                             std::string("Drawing ") + style.name);
        }
        const std::string name = std::string(style.name) + "/" + std::to_string(number);
        const std::string svg = face.at("svg").get<std::string>();
        m_images.push_back(imaging::renderSvg({reinterpret_cast<const std::uint8_t*>(svg.data()), svg.size()},
                                              kFaceSide, name));
        const Json& extra = face.at("extra");
        const std::string glasses = drawn(extra, style.glasses), facialHair = drawn(extra, style.facialHair);
        m_labels.push_back((glasses.empty() ? 0 : 1) + (facialHair.empty() ? 0 : 2));
        m_domain.add(style.name);
        m_glasses.add(glasses.empty() ? "none" : std::string(style.name) + " " + glasses);
        m_facialHair.add(facialHair.empty() ? "none" : std::string(style.name) + " " + facialHair);
        for (std::size_t i = 0; i < m_columns.size(); ++i)
            m_columns[i].add(drawn(extra, kAttributes[i][1]));
        m_set.samples.names.push_back(name);
        m_set.inTest.push_back(drawnForTest(name));
    }

    const BuildFolders& m_folders;
    const BuildHooks& m_hooks;
    DrawnSet m_set;
    std::vector<torch::Tensor> m_images;
    std::vector<std::int64_t> m_labels;
    Column m_domain;
    Column m_glasses;
    Column m_facialHair;
    std::vector<Column> m_columns;
};

DrawnSet drawFaces(const BuildFolders& folders, const BuildHooks& hooks)
{
    layOut(folders);
    FacePainter painter(folders, hooks);
    for (const FaceStyle& style : kFaceStyles)
        painter.drawStyle(style);
    return painter.finish();
}

} // namespace

DataRecipe facesRecipe()
{
    using Registry = SourcePackage::Registry;
    return {
        .info =
            {.name = "faces",
             .title = "Drawn faces with exact attributes (F)",
             .source = "npm @dicebear/core, avataaars, adventurer, micah, lorelei 9.4.3",
             .licence =
                 "avataaars by Pablo Stanley: free for personal and commercial use; adventurer by Lisa "
                 "Wischofsky and micah by Micah Lanier: CC BY 4.0; lorelei by Lisa Wischofsky: CC0",
             .note =
                 "Drawn faces, not photographs. Attributes are drawn independently of each other and known "
                 "exactly; there is no gender. The attribute 'domain' is the drawing style; hair and "
                 "colours take other values in each style, micah and lorelei are black and white in part.",
             .classes = kClasses,
             .trainCount = kFacesPerStyle * std::int64_t(kFaceStyles.size()) - kTestFaces,
             .testCount = kTestFaces,
             .channels = 3,
             .height = kFaceSide,
             .width = kFaceSide,
             .format = "npz",
             .attributes = {"domain", "glasses", "facial hair", "hair", "hair colour", "skin colour", "eyes",
                            "mouth", "clothing"}},
        .packages = {{Registry::Npm, "@dicebear/core", "9.4.3",
                      "6ca7dae651c74ad547e548fbe7c41f49aaa377cf4617259277518389bf6b1a3d", "MIT"},
                     {Registry::Npm, "@dicebear/avataaars", "9.4.3",
                      "0faf2184c2013afbccfec08949b27e24c7e4c678eaec009752dd2b03b113f33d",
                      "free for personal and commercial use"},
                     {Registry::Npm, "@dicebear/adventurer", "9.4.3",
                      "6edeac04f94ef6177c946918dce012e530200dfcc274b4f954239e33ecbe590c", "CC BY 4.0"},
                     {Registry::Npm, "@dicebear/micah", "9.4.3",
                      "b948931f01e97147ce8cdcfc4dfdad5c029bcb1ad57420dc0b22bc0aeb1d3fa7", "CC BY 4.0"},
                     {Registry::Npm, "@dicebear/lorelei", "9.4.3",
                      "78cbba0a6c4d14e1af7c62ffa9a73bd98a8cda02e28690110e199348cd6a9c06", "CC0 1.0"}},
        .downloadMb = 0.3,
        .draw = drawFaces,
    };
}

} // namespace assay::data
