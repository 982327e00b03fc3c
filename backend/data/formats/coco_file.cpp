#include "backend/data/formats/coco_file.h"

#include "backend/arrays/mapped_file.h"
#include "backend/data/images/image_list.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <string_view>

namespace assay::data {

namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxText = 4096;

/// Picks images, boxes and categories out of the parser's events. Depths: 1 the whole, 2 a section's list,
/// 3 an entry, 4 the four numbers of a box.
class Picker final : public nlohmann::json_sax<Json>
{
public:
    explicit Picker(std::string where)
        : m_where(std::move(where))
    {}

    CocoFile take() { return std::move(m_file); }

    bool null() override { return true; }
    bool boolean(bool value) override { return number(value ? 1 : 0); }
    bool number_integer(number_integer_t value) override
    {
        if (m_depth == 3 && m_field == "id")
            setId(value);
        if (m_depth == 3 && m_field == "image_id")
            m_box.image = value;
        if (m_depth == 3 && m_field == "category_id")
            m_box.category = value;
        return number(static_cast<double>(value));
    }
    bool number_unsigned(number_unsigned_t value) override
    {
        if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
            throw Error("has an id above 2^63", m_where);
        return number_integer(static_cast<number_integer_t>(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return number(value); }
    bool string(string_t& value) override
    {
        if (m_depth != 3)
            return true;
        const bool named = (m_section == "images" && m_field == "file_name") ||
                           (m_section == "categories" && m_field == "name");
        if (!named)
            return true;
        if (value.empty() || value.size() > kMaxText)
            throw Error("has a name of " + std::to_string(value.size()) + " bytes in its " + m_section +
                            "; 1 to " + std::to_string(kMaxText) + " are allowed",
                        m_where);
        m_name = value;
        return true;
    }
    bool binary(binary_t&) override { return true; }

    bool start_object(std::size_t) override
    {
        deeper();
        if (m_depth == 3) {
            m_box = {};
            m_name.clear();
            m_field.clear();
            m_hasId = false;
            m_numbers = 0;
        }
        return true;
    }
    bool end_object() override
    {
        if (m_depth == 3)
            finishEntry();
        --m_depth;
        return true;
    }
    bool key(string_t& name) override
    {
        if (m_depth == 1)
            m_section = name.substr(0, 40);
        if (m_depth == 3)
            m_field = name.substr(0, 40);
        return true;
    }
    bool start_array(std::size_t) override
    {
        deeper();
        return true;
    }
    bool end_array() override
    {
        --m_depth;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        throw Error("is no valid JSON at byte " + std::to_string(position), m_where, "Fetch the file again.");
    }

private:
    void deeper()
    {
        if (++m_depth > kMaxDepth)
            throw Error("is nested more than " + std::to_string(kMaxDepth) + " levels deep", m_where);
    }

    void setId(std::int64_t id)
    {
        m_id = id;
        m_hasId = true;
    }

    bool number(double value)
    {
        if (m_depth == 3 && m_field == "iscrowd")
            m_box.crowd = value != 0;
        if (m_depth == 4 && m_section == "annotations" && m_field == "bbox") {
            float* const sides[] = {&m_box.x, &m_box.y, &m_box.width, &m_box.height};
            if (m_numbers < 4)
                *sides[m_numbers] = static_cast<float>(value);
            ++m_numbers;
        }
        return true;
    }

    void finishEntry()
    {
        if (m_section == "images" || m_section == "categories") {
            if (!m_hasId || m_name.empty())
                throw Error("has an entry of its " + m_section + " without an id or a name", m_where,
                            "Export the annotations again.");
            if (m_section == "images")
                m_file.images.push_back({m_id, m_name});
            else
                m_file.categories.push_back({m_id, m_name});
            if (static_cast<std::int64_t>(m_file.images.size()) > kMaxImages ||
                static_cast<std::int64_t>(m_file.categories.size()) > kMaxImageClasses)
                throw Error("lists more than " + std::to_string(kMaxImages) + " images or " +
                                std::to_string(kMaxImageClasses) + " categories",
                            m_where, "Divide it into several data sets.");
        }
        if (m_section == "annotations") {
            if (m_numbers == 4 && isRectangle())
                m_file.boxes.push_back(m_box);
            else
                ++m_file.badBoxes;
            if (m_file.boxes.size() > kMaxCocoBoxes)
                throw Error("holds more than " + std::to_string(kMaxCocoBoxes) + " boxes", m_where,
                            "Divide it into several data sets.");
        }
    }

    bool isRectangle() const
    {
        for (const float number : {m_box.x, m_box.y, m_box.width, m_box.height}) {
            if (!std::isfinite(number) || std::abs(number) > 1e6f)
                return false;
        }
        return m_box.width > 0 && m_box.height > 0;
    }

    std::string m_where;
    CocoFile m_file;
    int m_depth = 0;
    std::string m_section;
    std::string m_field;
    CocoBox m_box;
    std::string m_name;
    std::int64_t m_id = 0;
    bool m_hasId = false;
    int m_numbers = 0;
};

} // namespace

CocoFile readCoco(const std::filesystem::path& file)
{
    const arrays::MappedFile mapped(file);
    const auto bytes = mapped.bytes();
    if (bytes.size() > kMaxCocoBytes)
        throw Error("is larger than " + std::to_string(kMaxCocoBytes >> 30) +
                        " GiB, too large for annotations",
                    file.string(), "Divide it into several data sets.");
    Picker picker(file.string());
    Json::sax_parse(bytes.begin(), bytes.end(), &picker);
    CocoFile coco = picker.take();
    if (coco.images.empty() || coco.categories.empty())
        throw Error("lists no images or no categories", file.string(),
                    "Export the annotations in COCO's form, with images, annotations and categories.");
    return coco;
}

bool looksLikeCoco(const std::filesystem::path& file)
{
    constexpr std::size_t kHead = 64 * 1024;
    std::error_code code;
    if (file.extension() != ".json" || !std::filesystem::is_regular_file(file, code))
        return false;
    std::ifstream input(file, std::ios::binary);
    std::string head(kHead, '\0');
    input.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(input.gcount()));
    const bool object = head.find_first_not_of(" \t\r\n\xef\xbb\xbf") != std::string::npos &&
                        head[head.find_first_not_of(" \t\r\n\xef\xbb\xbf")] == '{';
    const auto has = [&](std::string_view text) { return head.find(text) != std::string::npos; };
    const bool images = has("\"images\"") && has("\"file_name\"");
    const bool annotations = has("\"annotations\"") && has("\"bbox\"");
    return object && (images || annotations || (has("\"categories\"") && has("\"supercategory\"")));
}

} // namespace assay::data
