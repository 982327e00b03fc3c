#pragma once

#include "backend/data/formats/data_format.h"
#include "backend/data/images/image_list.h"

#include <functional>
#include <memory>

namespace assay::data {

// What the formats of picture files share: the options of their cards, the look at the pictures when they are
// imported, and opening.
//
// Options every such card has:
//   channels     1 or 3                     found: 1 when every picture looked at is grey
//   height,width 1 .. 4096                  found: the pictures' own size when they are all alike
//   fit          crop, stretch, letterbox   for pictures of another size; crop
//   background   "#rrggbb"                  under transparent pixels and beside letterboxes; white
//   orientation  apply, ignore              of EXIF; apply
//   split        files, hash, test, train
//   broken       refuse, leave out          leave out: every picture is decoded once at the import
//   outside      true, false                whether pictures may lie outside the folder; false
//   labels       the classes as the files name them, in the order of their numbers
//   leftOut      pictures that are not used

/// The text option @p key, which is one of @p choices; the first of them, stored, when it is absent.
std::string choice(Json& options, const char* key, const std::vector<std::string>& choices,
                   const std::string& where);

/// Option "outside", false and stored when absent.
bool allowsOutside(Json& options, const std::string& where);

/// @throws Error naming @p where and the option that is absent or out of range.
ImageShape shapeFromOptions(const Json& options, const std::string& where);

/// How many pictures are looked at to find their size and channels: spread evenly over the set.
inline constexpr std::int64_t kPicturesLookedAt = 512;
/// How many broken pictures may be left out; more are refused.
inline constexpr std::size_t kMaxLeftOut = 5'000;

/// Completes an import: looks at the headers of up to kPicturesLookedAt pictures, chooses the options that
/// are absent, leaves broken pictures out when asked to, and writes the card. Fast for any number of pictures
/// unless broken ones are to be left out.
/// @param relist makes the list again after "leftOut" has changed.
DataImport finishImport(const DataFormat& format, const std::filesystem::path& location,
                        const DataCorrections& corrections, const ImageRoot& root, ImageList list,
                        Json options, protocol::Findings findings,
                        const std::function<ImageList(Json&)>& relist);

std::shared_ptr<const Dataset> openImages(const DataCard& card, const ImageRoot& root, ImageList list);

/// What an import says when option "split" is "hash". @param lacking "No column split".
void tellHashSplit(const std::string& lacking, protocol::Findings& findings);

/// "3 pictures", "1 picture".
std::string counted(std::int64_t count, const std::string& what);

} // namespace assay::data
