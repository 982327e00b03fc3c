#pragma once

#include "backend/data/images/image_list.h"
#include "backend/protocol/json.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay::data {

/// Texts numbered in the order of their first appearance.
class TextNumbers
{
public:
    std::int32_t numberOf(const std::string& text);
    const std::vector<std::string>& texts() const { return m_texts; }

private:
    std::vector<std::string> m_texts;
    std::unordered_map<std::string, std::int32_t> m_numbers;
};

/// A column of attributes over all rows.
struct RowColumn
{
    std::string name;
    std::vector<std::string> values; ///< of a categorical column; empty for a numeric one
    std::vector<std::int32_t> codes; ///< [rows] of a categorical column, -1 unknown
    std::vector<double> numbers;     ///< [rows] of a numeric column, NaN unknown
};

/// The pictures of a data set as a reader collects them, before they are divided into splits.
struct ImageRows
{
    enum class Place : std::uint8_t { Unknown, Train, Test };

    std::vector<std::string> names;    ///< [rows], relative to the root
    std::vector<std::int32_t> classes; ///< [rows], index into classNames
    std::vector<Place> places;         ///< [rows], what the files say about the split
    std::vector<std::string> captions; ///< [rows] or empty
    std::vector<RowColumn> columns;
    std::vector<Box> boxes; ///< sample is the row; in any order
    std::vector<std::string> boxClasses;
    TextNumbers classNames; ///< in the order of appearance

    /// @throws Error at the kMaxImages + 1st row or the kMaxImageClasses + 1st class.
    std::size_t add(std::string name, const std::string& className, Place place, const std::string& where);
};

/// Option "split": which pictures are for training.
enum class SplitRule { Given, Hash, AllTest, AllTrain };

/// "files" (as the folders, column or files say), "hash", "test", "train".
/// @throws Error for another word, or "files" when @p given is false: nothing says it.
SplitRule splitRule(const std::string& name, bool given, const std::string& where);

/// Whether the picture belongs to the test split under SplitRule::Hash: a fifth of all names. FNV-1a of 64
/// bits over the name's bytes, its upper half modulo 5 equal to 0. Never changes: models depend on it.
bool hashedIntoTest(const std::string& name);

/// Puts the classes in their order and the rows into splits, keeping their order.
/// @param options its "labels" is the order of the classes; without it one is made and stored there: sorted
///                by bytes, or, when @p integers, by value with the gaps filled ("0", "1", ... the highest).
///                Rows named in its list "leftOut" are left out.
/// @throws Error for a class that "labels" does not hold.
ImageList divide(ImageRows rows, SplitRule rule, bool integers, Json& options, const std::string& where);

} // namespace assay::data
