// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/answers.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

TEST(ParseErrorTest, ReadsTheDocument) {
  const ErrorAnswer error =
      ParseError(absl::StrCat(kHead,
                              "<Error><Code>NoSuchKey</Code><Message>The key &lt;a&gt;</Message>"
                              "<Key>a</Key><RequestId>1</RequestId></Error>"));
  EXPECT_EQ(error.code, "NoSuchKey");
  EXPECT_EQ(error.message, "The key <a>");
  EXPECT_EQ(error.region, "");
  EXPECT_EQ(ParseError("<Error><Code>A</Code><Region>eu-west-1</Region></Error>").region,
            "eu-west-1");
}

TEST(ParseErrorTest, AcceptsAnyText) {
  for (const char* const body : {"", "<html>", "<html/>", "Bad Gateway"}) {
    EXPECT_EQ(ParseError(body).code, "") << body;
  }
}

TEST(ParseListPageTest, ReadsObjectsAndTheTokenOfTheNextPage) {
  ASSERT_OK_AND_ASSIGN(
      const ListPage page,
      ParseListPage(absl::StrCat(
          kHead,
          "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
          "<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>"
          "<Contents><Key>p/a &amp; b</Key><LastModified>2026-03-01T11:22:02.500Z</LastModified>"
          "<ETag>&quot;1&quot;</ETag><Size>18446744073709551615</Size></Contents>"
          "<Contents><Key>p/c</Key><Size>0</Size></Contents>"
          "<CommonPrefixes><Prefix>p/.siphon/</Prefix></CommonPrefixes></ListBucketResult>")));
  EXPECT_EQ(page.next, "t&1");
  ASSERT_THAT(page.objects, SizeIs(2));
  EXPECT_EQ(page.objects[0].key, "p/a & b");
  EXPECT_EQ(page.objects[0].size, 18446744073709551615u);
  EXPECT_EQ(page.objects[0].modified,
            absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, 2), absl::UTCTimeZone()) +
                absl::Milliseconds(500));
  EXPECT_EQ(page.objects[1].modified, absl::InfinitePast());
  ASSERT_OK_AND_ASSIGN(const ListPage last,
                       ParseListPage("<ListBucketResult><IsTruncated>false</IsTruncated>"
                                     "</ListBucketResult>"));
  EXPECT_EQ(last.next, "");
  EXPECT_THAT(last.objects, IsEmpty());
}

TEST(ParseListPageTest, RefusesOtherAnswers) {
  for (const char* const body :
       {"", "<html/>", "<Error/>", "<ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    EXPECT_THAT(ParseListPage(body), StatusIs(errs::kIo, HasSubstr("not as expected"))) << body;
  }
}

TEST(ParseUploadPageTest, ReadsUploads) {
  ASSERT_OK_AND_ASSIGN(
      const UploadPage page,
      ParseUploadPage("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
                      "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>i</NextUploadIdMarker>"
                      "<Upload><Key>a</Key><UploadId>1</UploadId></Upload>"
                      "<Upload><Key>b</Key><UploadId>2</UploadId></Upload>"
                      "</ListMultipartUploadsResult>"));
  ASSERT_THAT(page.uploads, SizeIs(2));
  EXPECT_EQ(page.uploads[1].key, "b");
  EXPECT_EQ(page.uploads[1].id, "2");
  EXPECT_FALSE(page.is_last);
  EXPECT_EQ(page.next_key, "k");
  EXPECT_EQ(page.next_id, "i");
  EXPECT_THAT(ParseUploadPage("<ListMultipartUploadsResult><Upload><Key>a</Key></Upload>"
                              "</ListMultipartUploadsResult>"),
              StatusIs(errs::kIo));
  EXPECT_THAT(ParseUploadPage("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
                              "</ListMultipartUploadsResult>"),
              StatusIs(errs::kIo));
}

TEST(ParseUploadIdTest, ReadsTheId) {
  EXPECT_THAT(ParseUploadId("<InitiateMultipartUploadResult><UploadId>a+b</UploadId>"
                            "</InitiateMultipartUploadResult>"),
              IsOkAndHolds("a+b"));
  EXPECT_THAT(ParseUploadId("<InitiateMultipartUploadResult/>"), StatusIs(errs::kIo));
}

TEST(ParseCompletionTest, FindsTheErrorInASuccess) {
  ASSERT_OK_AND_ASSIGN(
      std::optional<ErrorAnswer> error,
      ParseCompletion(absl::StrCat(kHead, "<Error><Code>InternalError</Code></Error>")));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, "InternalError");
  // AWS sends spaces while it works.
  ASSERT_OK_AND_ASSIGN(error, ParseCompletion("  \n<CompleteMultipartUploadResult><ETag>1</ETag>"
                                              "</CompleteMultipartUploadResult>"));
  EXPECT_FALSE(error.has_value());
  EXPECT_THAT(ParseCompletion("  "), StatusIs(errs::kIo));
}

TEST(ParseHttpDateTest, ReadsTheFormOfHttp) {
  EXPECT_EQ(ParseHttpDate("Fri, 24 May 2013 00:00:01 GMT"),
            absl::FromCivil(absl::CivilSecond(2013, 5, 24, 0, 0, 1), absl::UTCTimeZone()));
  for (const char* const text : {"", "now", "Fri, 24 May 2013", "2013-05-24T00:00:01Z"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

TEST(CompletionBodyTest, CountsThePartsFromOne) {
  EXPECT_EQ(CompletionBody({"\"a\"", "<b>"}),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>&lt;b&gt;</ETag></Part>"
            "</CompleteMultipartUpload>");
}

}  // namespace
}  // namespace siphon::s3
