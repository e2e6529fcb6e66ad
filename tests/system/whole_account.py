"""An account with something of everything that can be watched, made by the ordinary API."""

from dataclasses import dataclass
from typing import Any

import boto3

from tests.sources.mandates.mandates_scene import attestation, parameter
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import SeriesSpec

ACCOUNT = "123456789012"
HOME = "ap-southeast-2"
OF_CLOUDFRONT = "us-east-1"


def client(aws: EmbeddedAws, service: str, region: str = HOME) -> Any:  # noqa: ANN401 - the stubs know few services
    session = boto3.session.Session(
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
        region_name=region,
    )
    return session.client(service, endpoint_url=aws.endpoint)  # type: ignore[call-overload]  # wants a literal name


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A load balancer, its target group, and the distribution before it."""

    balancer: str
    target_group: str
    distribution: str

    @property
    def dimension(self) -> str:
        """Return what CloudWatch calls the load balancer."""
        return self.balancer.partition(":loadbalancer/")[2]


def make_front(aws: EmbeddedAws, name: str) -> Front:
    """Make the way in to one stack; the additional metrics of its distribution are off."""
    elb, ec2 = client(aws, "elbv2"), client(aws, "ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
    [balancer] = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"]
    [group] = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=8080, VpcId=balancer["VpcId"], TargetType="ip"
    )["TargetGroups"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    return Front(
        balancer=balancer["LoadBalancerArn"],
        target_group=group["TargetGroupArn"],
        distribution=_distribute(aws, name, balancer["DNSName"]),
    )


def _distribute(aws: EmbeddedAws, name: str, host: str) -> str:
    origin = {
        "Id": "o",
        "DomainName": host,
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
        },
    }
    config = {
        "CallerReference": name,
        "Comment": name,
        "Enabled": True,
        "PriceClass": "PriceClass_200",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "allow-all",
            "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        },
    }
    made = client(aws, "cloudfront", OF_CLOUDFRONT).create_distribution(DistributionConfig=config)
    return str(made["Distribution"]["Id"])


def put_account(aws: EmbeddedAws) -> None:
    """Make a secret, a certificate, a budget, a log group and a mandate."""
    client(aws, "secretsmanager").create_secret(Name="xops/db", SecretString="do not read")
    authority = f"arn:aws:acm-pca:us-east-1:{ACCOUNT}:certificate-authority/1"
    client(aws, "acm", OF_CLOUDFRONT).request_certificate(
        DomainName="cdn.example", CertificateAuthorityArn=authority
    )
    client(aws, "budgets", OF_CLOUDFRONT).create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": "xops",
            "BudgetLimit": {"Amount": "180", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
    )
    client(aws, "logs").create_log_group(logGroupName="/ecs/webui")
    mandate = parameter("sovereignty", attestation())
    name = "/xops/mandates/sovereignty"
    client(aws, "ssm").put_parameter(Name=name, Value=mandate, Type="String")


def requests_of(aws: EmbeddedAws, balancer: str) -> SeriesSpec:
    """Return a quarter of an hour of requests to a load balancer, so that it is listed."""
    return _series(aws, "AWS/ApplicationELB", "RequestCount", {"LoadBalancer": balancer}, HOME)


def hits_of(aws: EmbeddedAws, distribution: str) -> SeriesSpec:
    """Return as much of requests to a distribution."""
    dimensions = {"DistributionId": distribution, "Region": "Global"}
    return _series(aws, "AWS/CloudFront", "Requests", dimensions, OF_CLOUDFRONT)


def _series(
    aws: EmbeddedAws, namespace: str, metric: str, dimensions: dict[str, str], region: str
) -> SeriesSpec:
    now = int(aws.now().timestamp()) // 60 * 60
    return {
        "region": region,
        "namespace": namespace,
        "metric": metric,
        "dimensions": dimensions,
        "points": [(now - 60 * number, 10.0) for number in range(15)],
    }
