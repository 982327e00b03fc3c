#include "backend/data/recipes/emoji15.h"

#include "backend/data/recipes/emoji_concepts.h"
#include "backend/imaging/image_codec.h"
#include "backend/imaging/svg.h"
#include "backend/protocol/error.h"
#include "backend/protocol/text.h"

#include <torch/types.h>

#include <fstream>
#include <iterator>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
/// Cells of a vendor's sheet: pictures of 32 pixels with a margin of one on each side.
constexpr int kCell = 34;
/// Vector and large pictures are drawn at twice the size and averaged.
constexpr int kDrawnSide = 64;

const std::vector<std::string> kStyles = {"google",         "twitter", "openmoji",
                                          "openmoji lines", "fluent",  "emojione"};

std::vector<std::uint8_t> bytesOf(const fs::path& file)
{
    std::ifstream input(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
}

/// The picture's file, whose name may leave out the variation selector; empty when there is none.
fs::path find(const fs::path& folder, const std::string& code, const char* ending, bool inLower)
{
    std::string plain = code;
    for (std::size_t at; (at = plain.find("-FE0F")) != std::string::npos;)
        plain.erase(at, 5);
    for (const std::string& name : {code, plain}) {
        const fs::path file = folder / ((inLower ? lowered(name) : name) + ending);
        if (fs::exists(file))
            return file;
    }
    return {};
}

/// Draws one style after another; what a style does not have is left out.
class EmojiPainter
{
public:
    explicit EmojiPainter(const BuildFolders& folders)
        : m_folders(folders)
    {}

    /// uint8 [3,32,32], or undefined when the style has no such picture.
    torch::Tensor draw(const std::string& style, const EmojiConcept& entry)
    {
        if (style == "google" || style == "twitter")
            return fromSheet(style, entry);
        if (style == "openmoji")
            return fromSvg(package("openmoji") / "color/svg", entry);
        if (style == "openmoji lines")
            return fromSvg(package("openmoji") / "black/svg", entry);
        if (style == "fluent")
            return fromPicture(
                find(package("@lobehub/fluent-emoji-3d") / "assets", entry.code, ".webp", true));
        return fromPicture(find(emojioneFolder(), entry.code, ".png", false));
    }

private:
    const fs::path& package(const std::string& name) const { return m_folders.packages.at(name); }

    fs::path emojioneFolder() const
    {
        return package("ruby-gemojione") /
               "usr/share/rubygems-integration/all/gems/gemojione-3.3.0/assets/png";
    }

    torch::Tensor fromSheet(const std::string& vendor, const EmojiConcept& entry)
    {
        torch::Tensor& sheet = m_sheets[vendor];
        if (!sheet.defined()) {
            const fs::path file = package("emoji-datasource") / "img" / vendor / "sheets/32.png";
            sheet = imaging::decodeImage(bytesOf(file), false, file.string());
        }
        const int x = entry.sheetX * kCell + 1, y = entry.sheetY * kCell + 1;
        if (y + kSide > sheet.size(1) || x + kSide > sheet.size(2))
            throw Error("the sheet has no cell for " + entry.code, vendor);
        return sheet.slice(1, y, y + kSide).slice(2, x, x + kSide).contiguous();
    }

    torch::Tensor fromSvg(const fs::path& folder, const EmojiConcept& entry) const
    {
        const fs::path file = find(folder, entry.code, ".svg", false);
        if (file.empty())
            return {};
        return imaging::resize(imaging::renderSvg(bytesOf(file), kDrawnSide, file.string()), kSide, kSide);
    }

    static torch::Tensor fromPicture(const fs::path& file)
    {
        if (file.empty())
            return {};
        return imaging::resize(imaging::decodeImage(bytesOf(file), false, file.string()), kSide, kSide);
    }

    const BuildFolders& m_folders;
    std::map<std::string, torch::Tensor> m_sheets;
};

DrawnSet drawEmoji(const BuildFolders& folders, const BuildHooks& hooks)
{
    const auto concepts = readEmojiConcepts(folders.packages.at("emoji-datasource") / "emoji.json");
    EmojiPainter painter(folders);
    DrawnSet set;
    std::vector<torch::Tensor> images;
    std::vector<std::int64_t> labels;
    std::vector<std::int32_t> styles;
    const double total = static_cast<double>(kStyles.size() * concepts.size());
    for (std::size_t s = 0; s < kStyles.size(); ++s) {
        for (std::size_t c = 0; c < concepts.size(); ++c) {
            if (c % 64 == 0) {
                hooks.checkpoint();
                hooks.progress(static_cast<double>(s * concepts.size() + c), total, "Drawing " + kStyles[s]);
            }
            const EmojiConcept& entry = concepts[c];
            torch::Tensor image = painter.draw(kStyles[s], entry);
            if (!image.defined())
                continue;
            images.push_back(std::move(image));
            labels.push_back(entry.category);
            styles.push_back(static_cast<std::int32_t>(s));
            // By concept, never by image: the same tiger is in every style.
            set.inTest.push_back(drawnForTest(entry.code));
            set.samples.names.push_back(kStyles[s] + "/" + entry.code);
            set.samples.captions.push_back(entry.name + " (" + entry.keywords + ")");
        }
    }
    set.images = torch::stack(images);
    set.labels = torch::tensor(labels);
    set.samples.attributes.push_back({"domain", kStyles, torch::tensor(styles, torch::kInt32), {}});
    return set;
}

} // namespace

DataRecipe emoji15Recipe()
{
    using Registry = SourcePackage::Registry;
    return {
        .info =
            {.name = "emoji15",
             .title = "Emoji in six styles (E15)",
             .source = "npm emoji-datasource 16.0.0, openmoji 17.0.0, @lobehub/fluent-emoji-3d 1.1.0; Debian "
                       "ruby-gemojione 3.3.0-1",
             .licence = "google Apache-2.0, twitter CC-BY-4.0, OpenMoji CC-BY-SA-4.0, Fluent MIT, EmojiOne "
                        "CC-BY-SA-4.0",
             .note =
                 "32x32 drawings on white. The attribute 'domain' is the style. Split by concept: the test "
                 "split holds concepts that no style shows in the training split. EmojiOne lacks the newer "
                 "concepts. Persons and flags are 100 each, drawn by hash.",
             .classes = emojiClasses(),
             .trainCount = kEmojiTrain,
             .testCount = kEmojiTest,
             .channels = 3,
             .height = kSide,
             .width = kSide,
             .format = "npz",
             .attributes = {"domain"}},
        .packages = {{Registry::Npm, "emoji-datasource", "16.0.0",
                      "2006725061dc0098daa832d65f854a7bec0740af2eb47cb5b23d89f7e2c849f9",
                      "sprites: google Apache-2.0, twitter CC-BY-4.0"},
                     {Registry::Npm, "openmoji", "17.0.0",
                      "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68", "CC-BY-SA-4.0"},
                     {Registry::Npm, "@lobehub/fluent-emoji-3d", "1.1.0",
                      "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58", "MIT"},
                     {Registry::Debian, "ruby-gemojione", "3.3.0-1",
                      "9981df47963de53e10ce097857825c72f2f11dbe2d4cd4887698a99a751bb6bb", "CC-BY-SA-4.0"}},
        .downloadMb = 50,
        .draw = drawEmoji,
    };
}

} // namespace assay::data
