#include "backend/data/formats/folder_listing.h"
#include "backend/data/formats/image_formats.h"
#include "backend/data/images/image_import.h"
#include "backend/protocol/error.h"

// Image folders: LOCATION/CLASS/PICTURE, or LOCATION/{train,test}/CLASS/PICTURE. The classes are numbered in
// the order of their names' bytes, as torchvision's ImageFolder does.

namespace assay::data {

namespace {

ImageList listed(const FolderListing& listing, Json& options, const std::string& where)
{
    const std::vector<std::string> rules = listing.hasSplits
                                               ? std::vector<std::string>{"files", "hash", "test", "train"}
                                               : std::vector<std::string>{"hash", "test", "train"};
    const SplitRule rule = splitRule(choice(options, "split", rules, where), listing.hasSplits, where);
    return divide(listing.rows, rule, false, options, where);
}

DataImport inspectFolder(const std::filesystem::path& location, const DataCorrections& corrections)
{
    const std::string where = location.string();
    Json options = corrections.options;
    const bool outside = allowsOutside(options, where);
    FolderListing listing = listFolder(location, outside);
    const auto relist = [&](Json& changed) { return listed(listing, changed, where); };
    ImageList list = relist(options);
    protocol::Findings findings = std::move(listing.findings);
    if (options["split"] == "hash")
        tellHashSplit("No folders train and test", findings);
    return finishImport(folderFormat(), location, corrections, ImageRoot(location, outside), std::move(list),
                        std::move(options), std::move(findings), relist);
}

std::shared_ptr<const Dataset> openFolder(const DataCard& card)
{
    Json options = card.options;
    const std::string where = card.location.string();
    const bool outside = allowsOutside(options, where);
    std::error_code code;
    if (!std::filesystem::is_directory(card.location, code))
        throw Error("no such folder", where, "Put it back, or import the data set again.");
    return openImages(card, ImageRoot(card.location, outside),
                      listed(listFolder(card.location, outside), options, where));
}

} // namespace

const DataFormat& folderFormat()
{
    static const DataFormat format = {.name = "folder",
                                      .title = "Image folder",
                                      .recognises = looksLikeImageFolder,
                                      .inspect = inspectFolder,
                                      .open = openFolder};
    return format;
}

} // namespace assay::data
