#include "backend/data/formats/image_formats.h"
#include "backend/data/formats/manifest_file.h"
#include "backend/data/images/image_import.h"

namespace assay::data {

namespace {

ImageList listed(const Manifest& manifest, Json& options, const std::filesystem::path& file)
{
    const std::string where = file.string();
    const std::vector<std::string> rules = manifest.hasSplits
                                               ? std::vector<std::string>{"files", "hash", "test", "train"}
                                               : std::vector<std::string>{"hash", "test", "train"};
    const SplitRule rule = splitRule(choice(options, "split", rules, where), manifest.hasSplits, where);
    ImageList list = divide(manifest.rows, rule, true, options, where);
    list.described = {file};
    return list;
}

std::filesystem::path folderOf(const std::filesystem::path& file)
{
    return std::filesystem::absolute(file).parent_path();
}

DataImport inspectManifest(const std::filesystem::path& location, const DataCorrections& corrections)
{
    Json options = corrections.options;
    const bool outside = allowsOutside(options, location.string());
    Manifest manifest = readManifest(location, outside, options);
    const auto relist = [&](Json& changed) { return listed(manifest, changed, location); };
    ImageList list = relist(options);
    protocol::Findings findings = std::move(manifest.findings);
    if (options["split"] == "hash")
        tellHashSplit("No column split", findings);
    return finishImport(manifestFormat(), location, corrections, ImageRoot(folderOf(location), outside),
                        std::move(list), std::move(options), std::move(findings), relist);
}

std::shared_ptr<const Dataset> openManifest(const DataCard& card)
{
    Json options = card.options;
    const bool outside = allowsOutside(options, card.location.string());
    const Manifest manifest = readManifest(card.location, outside, options);
    return openImages(card, ImageRoot(folderOf(card.location), outside),
                      listed(manifest, options, card.location));
}

} // namespace

const DataFormat& manifestFormat()
{
    static const DataFormat format = {.name = "manifest",
                                      .title = "CSV manifest of pictures",
                                      .recognises = looksLikeManifest,
                                      .inspect = inspectManifest,
                                      .open = openManifest};
    return format;
}

} // namespace assay::data
